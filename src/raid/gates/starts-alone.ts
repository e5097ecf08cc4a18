import type { BootState, Disk } from "../../disks.ts";
import { bootStateOf, starts } from "../bootable.ts";
import type { World } from "../world.ts";
import { judgePlace, otherThan } from "./boot-loaders.ts";
import { disksBelow } from "./disk-blocks.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { diskBySerial } from "./target-arrays.ts";

/**
 * G8. A survivor without boot code hangs silently at the next start. The swap's step prepare-boot installs what is missing,
 * so that only warns; where there is no place for it, or nothing was read, it is refused.
 */
export const startsAloneGate: Gate = {
  id: "G8",
  title: "Each survivor starts the machine by itself",
  judge(question) {
    const { plan, world } = question;
    if (!takesAway(question)) {
      return [{ verdict: "pass", evidence: `${plan.target.serial} doesn't start the machine: others do` }];
    }
    const disks = plan.survivors.flatMap((serial) => diskBySerial(world, serial) ?? []);
    const below = disksBelow(world, bootMount(question));
    const hasBoot = disks.some((disk) => below.has(disk.name));
    if (disks.length === 0 || (below.size > 0 && !hasBoot)) return [nobody(question)];
    return disks.map((disk) => judgeDisk(disk, question));
  },
};

/** Has the target to do with starting? Of one that is gone nobody knows. */
function takesAway({ plan, world }: SwapQuestion): boolean {
  const disk = diskBySerial(world, plan.target.serial);
  const isPlanned = plan.esp !== undefined || plan.biosBoot !== undefined;
  return isPlanned || !disk || starts(world, disk).kind !== "not-meant" || disksBelow(world, "/boot").has(disk.name);
}

/** Where kernel and initramfs lie. */
function bootMount({ world }: SwapQuestion): "/boot" | "/" {
  return world.blocks.some((block) => block.mountPoints.includes("/boot")) ? "/boot" : "/";
}

function judgeDisk(disk: Disk, question: SwapQuestion): Judgement {
  const { world } = question;
  const found = starts(world, disk);
  const state = bootStateOf(world, disk);
  if (found.kind === "not-meant") {
    return { verdict: "pass", evidence: `${disk.serial}: has no part of /boot, so it isn't meant to start it` };
  }
  if (found.kind === "no" && found.lacks === "copy") {
    return { verdict: "refuse", evidence: `${disk.serial}: ${found.why}`, remedy: "Bring that copy in_sync first." };
  }
  if (!state || (world.firmware === "uefi" && state.esp?.unread)) return unread(disk, state);
  const place = judgePlace(disk, state, world);
  if (place) return place;
  const lacks = found.kind === "no" ? [found.why] : otherThan(state, referenceFor(state, question), world.firmware);
  if (lacks.length > 0) {
    const remedy = "Step prepare-boot installs the boot loader on it.";
    return { verdict: "warn", evidence: `${disk.serial}: ${lacks.join("; ")}`, remedy };
  }
  return { verdict: "pass", evidence: `${disk.serial}: ${describe(state, world.firmware)}, a part of /boot` };
}

/** Unknown isn't missing: what is there might be overwritten, or not work. */
function unread({ serial }: Disk, state: BootState | undefined): Judgement {
  return state?.esp
    ? {
        verdict: "refuse",
        evidence: `${serial}: its EFI system partition ${state.esp.partition} couldn't be read`,
        remedy: "Look at it: fsck.vfat, then mount it by hand.",
      }
    : {
        verdict: "refuse",
        evidence: `${serial}: its boot loader wasn't read`,
        remedy: "Read the facts again, as root.",
      };
}

function describe({ biosBoot, esp, entries }: BootState, firmware: World["firmware"]): string {
  if (firmware === "bios") return `GRUB in its first sector${biosBoot ? ` and in ${biosBoot.partition}` : ""}`;
  return `${esp?.partition} holds the loaders, ${entries.length > 0 ? `entry ${entries.join(", ")}` : "fallback"}`;
}

/** The disk to compare with: the target as long as it has something, else the next one that has. */
function referenceFor(state: BootState, { world, plan }: SwapQuestion): BootState | undefined {
  const has = (one: BootState) =>
    one !== state &&
    (world.firmware === "bios"
      ? one.bootCode && one.biosBoot?.empty === false
      : Object.keys(one.esp?.files ?? {}).length > 0);
  const target = world.boot.find((one) => one.serial === plan.target.serial);
  return target && has(target) ? target : world.boot.find(has);
}

function nobody(question: SwapQuestion): Judgement {
  const { serial } = question.plan.target;
  return {
    verdict: "refuse",
    evidence: `no survivor has a part of ${bootMount(question)}: without ${serial} nothing starts`,
    remedy: "Put a copy of it on a survivor first: add one of its partitions to the array.",
  };
}
