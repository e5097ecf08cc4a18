export type Firmware = "bios" | "uefi";

interface Seconds {
  readonly bios: number;
  readonly uefi: number;
}

export interface Milestone {
  readonly name: string;
  /** What has happened, in the operator's words. */
  readonly label: string;
  /** From the milestone before it: seconds on two quiet cores with emulated CPUs; real machines differ most before DHCP. */
  readonly usualSeconds: Seconds;
  /** Some firmware goes without it. */
  readonly optional?: true;
  /** If it doesn't come: why, most likely, and what to do. */
  readonly cause: string;
  readonly hint: string;
}

const row = (name: string, label: string, [bios, uefi]: readonly [number, number]) =>
  ({ name, label, usualSeconds: { bios, uefi } }) as const;

/** From power-on to SSH, in this order. */
export const milestones = [
  {
    ...row("dhcp-discover", "asked for an address", [3, 5]),
    cause: "the machine did not boot from the network, or its packets don't reach this controller",
    hint: "Look at its console; compare the inventory's MAC with the card's; check cable, VLAN and the card's PXE setting.",
  },
  {
    ...row("dhcp-ack", "got its address", [3, 5]),
    cause: "our offer didn't reach the machine, or another DHCP server answered it",
    hint: "Run: provision doctor (it looks for other DHCP servers on the segment).",
  },
  {
    ...row("loader", "fetched the first loader", [2, 4]),
    optional: true,
    cause: "the firmware's TFTP or HTTP request for the loader didn't come through",
    hint: "Check that UDP 69 and the controller's HTTP port are open from that network.",
  },
  {
    ...row("boot-script", "fetched its boot script", [2, 6]),
    cause: "iPXE got no address, or can't reach the controller's HTTP port",
    hint: "Look at its console for iPXE's error; check that the controller's HTTP port is open from that network.",
  },
  {
    ...row("kernel", "fetched the kernel", [1, 1]),
    cause: "the download of the kernel broke off",
    hint: "Look at its console for iPXE's error number; run: provision doctor",
  },
  {
    ...row("ramdisk", "fetched the ramdisk", [1, 2]),
    cause: "the download of the ramdisk broke off, or the machine has too little memory for it",
    hint: "Look at its console; the ramdisk needs about four times its size in memory.",
  },
  {
    ...row("deploy-started", "runs the deploy script", [8, 10]),
    cause: "the kernel did not come up, or has no driver for the network card",
    hint: "Look at its console; if it is silent, check the node's serialConsole and the profile's kernelArguments.",
  },
  {
    ...row("answer-read", "read its answer file", [0, 0]),
    optional: true,
    cause: "the distribution's installer could not use the answer file",
    hint: "Look at its console; print the file with: provision render NODE --as preseed",
  },
  {
    ...row("disks-found", "found its disks", [2, 2]),
    cause: "the disk controller's driver is not in the ramdisk, or a disk doesn't answer",
    hint: "Look at its console and compare the serials with the inventory.",
  },
  {
    ...row("partitioned", "partitioned its disks", [3, 3]),
    cause: "a disk hangs on writing",
    hint: "Look at its console for I/O errors; check the disk with its maker's tool or smartctl.",
  },
  {
    ...row("array-created", "created the RAID array", [2, 2]),
    cause: "mdadm is stuck, mostly over a disk that is in use by another array",
    hint: "Look at its console; wipe old RAID superblocks if the disks were used before.",
  },
  {
    ...row("image-written", "wrote the system image", [45, 45]),
    cause: "the download of the image stopped, or a disk got very slow",
    hint: "See how far it came (provision status), then check the network and the disks' health.",
  },
  {
    ...row("image-verified", "verified the image", [15, 15]),
    cause: "reading the disks back hangs",
    hint: "Look at its console for I/O errors.",
  },
  {
    ...row("configured", "wrote its own configuration", [4, 4]),
    cause: "mounting the new root file system hangs",
    hint: "Look at its console.",
  },
  {
    ...row("boot-loader", "installed the boot loader", [3, 5]),
    cause: "writing the boot loader hangs",
    hint: "Look at its console; on UEFI machines its variable store may be full or locked.",
  },
  {
    ...row("deploy-done", "is installed", [3, 3]),
    cause: "the last callback was lost on the way",
    hint: "If its console says that it is done, start again: provision node NODE --reinstall",
  },
  {
    ...row("dhcp-os", "booted from disk and asked for an address", [65, 75]),
    optional: true,
    cause: "the machine did not boot from its disks",
    hint: "Look at its console: the boot order in its setup must have the disks right behind the network.",
  },
  {
    ...row("ssh-answers", "answers over SSH", [30, 30]),
    cause: "the installed system came up without network or without sshd",
    hint: "Look at its console, and whether its address answers to ping.",
  },
] as const satisfies readonly Milestone[];

export type MilestoneName = (typeof milestones)[number]["name"];

const rows: readonly Milestone[] = milestones;

/** Undefined for a name that isn't in the table. */
export const milestoneNamed = (name: string): Milestone | undefined =>
  rows.find((milestone) => milestone.name === name);

/** Place in the order, from 0; -1 before the first and for names that aren't in the table. */
export const milestoneIndex = (name: string | undefined): number =>
  rows.findIndex((milestone) => milestone.name === name);

/** What has to come after `last` (nothing: after power-on); steps that some firmware skips are passed over. */
export function nextMilestone(last: string | undefined): Milestone | undefined {
  return rows.slice(milestoneIndex(last) + 1).find((milestone) => milestone.optional === undefined);
}

/** Seconds that usually pass from `last` until the next milestone that must come. */
export function usualSecondsAfter(last: string | undefined, firmware: Firmware): number {
  const next = nextMilestone(last);
  const between = rows.slice(milestoneIndex(last) + 1, milestoneIndex(next?.name) + 1);
  return between.reduce((sum, milestone) => sum + milestone.usualSeconds[firmware], 0);
}

export interface Stall {
  readonly lastMilestone: string | undefined;
  readonly nextExpected: string | undefined;
  readonly likelyCause: string;
  readonly hint: string;
}

/** What to tell the operator when nothing came after `last`. */
export function describeStall(last: string | undefined, firmware: Firmware): Stall {
  const next = nextMilestone(last);
  const silent = firmware === "uefi" && last === undefined;
  const advice = silent ? " UEFI: also check that IPv4 PXE is enabled and that it comes before the disks once." : "";
  return {
    lastMilestone: last,
    nextExpected: next?.name,
    likelyCause: next?.cause ?? "nothing more was expected",
    hint: next ? next.hint + advice : "",
  };
}
