import type { Disk, Member, RaidArray } from "../../disks.ts";
import { isInSync, sameUuid, serialOf } from "../members.ts";
import type { World } from "../world.ts";
import type { SwapQuestion } from "./gate.ts";

/** An array that the swap takes a disk from, and what the target holds of it at this moment. */
export interface TargetArray {
  readonly array: RaidArray;
  /** `md1 (root)` */
  readonly label: string;
  /** The target's members, ill ones and spares, too; empty: removed already, or gone with the disk. */
  readonly own: readonly Member[];
  /** Slots that hold good data on the target and on no other disk: what its leaving takes away. */
  readonly slots: readonly number[];
  /** Slots that are in sync on other disks. */
  readonly otherSlots: readonly number[];
  /** How many slots are in sync nowhere. */
  readonly missing: number;
}

/** Levels that keep working without one of their disks: md(4). */
export const redundantLevels: readonly string[] = ["raid1", "raid4", "raid5", "raid6", "raid10"];

/** Those of the plan, and every other one that has a member on the target: the plan may be older than the world. */
export function targetArrays({ world, plan }: SwapQuestion): readonly TargetArray[] {
  const isTargets = (array: RaidArray) =>
    plan.memberships.some(({ arrayUuid }) => sameUuid(arrayUuid, array.uuid)) ||
    array.members.some((member) => serialOf(world, member) === plan.target.serial);
  return world.arrays.filter(isTargets).map((array) => partOf(array, world, plan.target.serial));
}

/** Arrays of the host that have nothing to do with the target. */
export function otherArrays(question: SwapQuestion): readonly RaidArray[] {
  const own = new Set(targetArrays(question).map((target) => target.array));
  return question.world.arrays.filter((array) => !own.has(array));
}

/** `md1 (root)`, or `md1` where that says it all. */
export function labelOf(array: RaidArray): string {
  return array.title === undefined || array.title === array.name ? array.name : `${array.name} (${array.title})`;
}

/** `S3YANX0A0002`, or the kernel's name when the disk is gone. */
export function nameOf(member: Member): string {
  return member.serial ?? member.device;
}

/** By serial: kernel names are true for a moment only. */
export function diskBySerial(world: World, serial: string): Disk | undefined {
  return world.disks.find((disk) => disk.serial === serial);
}

function partOf(array: RaidArray, world: World, serial: string): TargetArray {
  const own = array.members.filter((member) => serialOf(world, member) === serial);
  const otherSlots = slotsOf(array.members.filter((member) => !own.includes(member)));
  const slots = slotsOf(own).filter((slot) => !otherSlots.includes(slot));
  const missing = Math.max(0, array.raidDisks - slots.length - otherSlots.length);
  return { array, label: labelOf(array), own, slots, otherSlots, missing };
}

/** While `--replace` runs, two members have one slot: it counts once. */
function slotsOf(members: readonly Member[]): readonly number[] {
  return [...new Set(members.filter(isInSync).map((member) => member.slot as number))];
}
