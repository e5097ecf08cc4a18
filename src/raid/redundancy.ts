import type { RaidArray } from "../disks.ts";
import { isInSync, isWhole, slotsWith } from "./members.ts";
import { mirrorsOf } from "./mirrors.ts";

/**
 * How many more of the array's disks may fail, whichever they are, without a loss: 0 means that one copy is left, or that there
 * never was another. It may be too low and is never too high: a member with holes doesn't count as a copy, and nothing counts
 * while the kernel still makes the copies equal (`resync`, `reshape`) or when the array can't be written. A disk that was pulled
 * without md's knowing is only left out in an array of `asSeen`.
 */
export function redundancyLeft(array: RaidArray): number {
  if (!isRunning(array) || ["resync", "reshape"].includes(array.syncAction)) return 0;
  const whole = slotsWith(array, isWhole);
  const missing = array.raidDisks - whole.size;
  switch (array.level) {
    case "raid1":
      return Math.max(0, whole.size - 1);
    case "raid4":
    case "raid5":
      return Math.max(0, 1 - missing);
    case "raid6":
      return Math.max(0, 2 - missing);
    case "raid10":
      return redundancyOfMirrors(array, whole);
    default:
      return 0;
  }
}

function redundancyOfMirrors(array: RaidArray, whole: ReadonlySet<number>): number {
  const mirrors = mirrorsOf(array);
  if (mirrors.kind === "any") return whole.size === array.raidDisks ? Math.max(0, mirrors.copies - 1) : 0;
  const copies = mirrors.sets.map((set) => set.filter((slot) => whole.has(slot)).length);
  return Math.max(0, Math.min(...copies) - 1);
}

/**
 * May the members in these slots leave while every chunk of data stays on a whole copy? In other words G3's question. For a
 * RAID10 whose partners aren't known only one may leave, and only when nothing is missing.
 */
export function survivesWithout(array: RaidArray, slots: readonly number[]): boolean {
  if (!isRunning(array) || ["resync", "reshape"].includes(array.syncAction)) return false;
  const whole = slotsWith(array, isWhole);
  const left = new Set([...whole].filter((slot) => !slots.includes(slot)));
  const missing = array.raidDisks - left.size;
  switch (array.level) {
    case "raid1":
      return left.size >= 1;
    case "raid4":
    case "raid5":
      return missing <= 1;
    case "raid6":
      return missing <= 2;
    case "raid10":
      return mirrorsSurvive(array, whole, left);
    default:
      return false;
  }
}

function mirrorsSurvive(array: RaidArray, whole: ReadonlySet<number>, left: ReadonlySet<number>): boolean {
  const mirrors = mirrorsOf(array);
  if (mirrors.kind === "sets") return mirrors.sets.every((set) => set.some((slot) => left.has(slot)));
  return whole.size === array.raidDisks && whole.size - left.size < mirrors.copies;
}

/** Data is already lost, or can't be reached: more is missing than the level bears. Holes (`bad_blocks`) don't count here. */
export function isLost(array: RaidArray): boolean {
  if (!isRunning(array)) return true;
  const there = slotsWith(array, isInSync);
  const missing = array.raidDisks - there.size;
  switch (array.level) {
    case "raid1":
      return there.size === 0;
    case "raid4":
    case "raid5":
      return missing > 1;
    case "raid6":
      return missing > 2;
    case "raid10":
      return mirrorsLost(array, there);
    default:
      return missing > 0;
  }
}

function mirrorsLost(array: RaidArray, there: ReadonlySet<number>): boolean {
  const mirrors = mirrorsOf(array);
  if (mirrors.kind === "sets") return mirrors.sets.some((set) => set.every((slot) => !there.has(slot)));
  return there.size === 0;
}

/** `inactive` isn't started; `broken` can't be written any more (F3). After `broken` a `write-pending` says the same of a RAID5. */
export const isRunning = (array: Pick<RaidArray, "state">): boolean =>
  !["inactive", "broken", "clear", "unknown", ""].includes(array.state);
