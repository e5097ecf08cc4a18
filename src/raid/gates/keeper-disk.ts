import type { Block, Disk } from "../../disks.ts";
import { bootStateOf, starts } from "../bootable.ts";
import { type FoundMember, otherPlaces } from "../keepers/find-member.ts";
import { blocksOf, holdersOf, partTypes } from "./disk-blocks.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { diskBySerial } from "./target-arrays.ts";

/** K2. G9 of a disk of ZFS or btrfs: whatever else lies on it goes with it, and nothing of this swap brings it back. */
export const keeperDiskGate = (found: FoundMember): Gate => ({
  id: "K2",
  title: "The target holds nothing but its pool's",
  judge(question) {
    const { serial } = question.plan.target;
    const disk = diskBySerial(question.world, serial);
    const elsewhere = otherPlaces(question.world, found).map(({ pool }) =>
      refuse(`${serial} is in ${pool.kind} ${pool.name}, too`, "A disk of several pools is replaced by hand."),
    );
    if (!disk) return [...elsewhere, { verdict: "pass", evidence: `${serial} isn't there any more` }];
    const blocks = blocksOf(question.world, disk);
    const findings = [
      ...elsewhere,
      ...blocks.flatMap((block) => judgeBlock(block, found, question)),
      ...boots(disk, question),
    ];
    return findings.length > 0 ? findings : [{ verdict: "pass", evidence: `${disk.name}: ${found.pool.name} only` }];
  },
});

const contents = { zfs: "zfs_member", btrfs: "btrfs" } as Readonly<Record<string, string>>;

function judgeBlock(block: Block, { pool }: FoundMember, question: SwapQuestion): readonly Judgement[] {
  const { name, content, mountPoints } = block;
  if (content === undefined || content === contents[pool.kind]) return heldBy(block, question);
  if (content === "swap" && mountPoints.length === 0) return [];
  if (content === "swap") return [refuse(`${name} is swap, and it is on`, `Switch it off first: swapoff /dev/${name}`)];
  if (mountPoints.length > 0)
    return [refuse(`${name} (${content}) is mounted at ${mountPoints.join(", ")}`, "Unmount it first.")];
  if (block.partType === partTypes.esp) return [];
  if (content === "crypto_LUKS")
    return [refuse(`${name} is LUKS: the new disk would be in clear`, "Replace an encrypted disk by hand.")];
  const word = { waiver: `partition:${name}`, remedy: "Copy it away, or let it go by name." };
  return [{ verdict: "confirm", evidence: `${name} holds ${content}; the new disk won't have it`, ...word }];
}

/** A pool's member isn't held by anything that lsblk shows. */
function heldBy(block: Block, { world }: SwapQuestion): readonly Judgement[] {
  const holder = holdersOf(world, block)[0];
  return holder ? [refuse(`${block.name} is held by ${holder.name} (${holder.type})`, "Take that away first.")] : [];
}

/** No boot loader is installed for a keeper's disk, but by Proxmox's own tool where ZFS has it. */
function boots(disk: Disk, { world }: SwapQuestion): readonly Judgement[] {
  const state = bootStateOf(world, disk);
  if (!state?.bootCode && !state?.esp && !state?.biosBoot) return [];
  const others = world.disks.filter((one) => one !== disk && starts(world, one).kind === "yes");
  const evidence = `${disk.name} starts the machine${others.length > 0 ? `, and so does ${others.map(({ name }) => name).join(", ")}` : ", and no other disk that is known to"}`;
  const remedy = "Make the new disk start it afterwards: proxmox-boot-tool does; else grub-install, or copy the ESP.";
  return [{ verdict: "warn", evidence, remedy }];
}

function refuse(evidence: string, remedy: string): Judgement {
  return { verdict: "refuse", evidence, remedy };
}
