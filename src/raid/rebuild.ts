import type { RaidArray } from "../disks.ts";
import { isContainer, isInSync, isReplacement, slotsWith } from "./members.ts";
import { mirrorsOf } from "./mirrors.ts";
import { isRunning } from "./redundancy.ts";
import type { RebuildProgress } from "./status.ts";
import type { World } from "./world.ts";

/** Nothing is being written from one member to another. */
const quiet = ["idle", "frozen", "none", ""];
/** Reads only, or mends what it reads: no member is missing because of it. */
const readings = ["check", "repair"];

/** A recovery, resync or reshape: copies are being made. A `check` isn't one. */
export const isSyncing = (array: RaidArray): boolean =>
  !quiet.includes(array.syncAction) && !readings.includes(array.syncAction);

/** What runs now, a `check` too; `undefined`: nothing. Without `completed` it waits until another array has finished (F14). */
export function rebuildProgress(array: RaidArray): RebuildProgress | undefined {
  if (quiet.includes(array.syncAction)) return undefined;
  const { syncCompleted: completed, syncKibPerSecond: kibPerSecond } = array;
  if (completed === undefined) return { action: array.syncAction };
  const remainingSeconds =
    kibPerSecond === undefined || kibPerSecond <= 0
      ? undefined
      : Math.round(((1 - completed) * syncBytes(array)) / (kibPerSecond * 1024));
  return {
    action: array.syncAction,
    completed,
    ...(kibPerSecond === undefined ? {} : { kibPerSecond }),
    ...(remainingSeconds === undefined ? {} : { remainingSeconds }),
  };
}

/**
 * Bytes that a whole sync goes over: a member's, except that a RAID10 is resynced and checked along the array's own addresses
 * (md.c, `md_do_sync`: `resync_max_sectors`, and `dev_sectors` for a recovery).
 */
function syncBytes(array: RaidArray): number {
  const count = array.raidDisks;
  switch (array.level) {
    case "raid4":
    case "raid5":
      return array.sizeBytes / Math.max(1, count - 1);
    case "raid6":
      return array.sizeBytes / Math.max(1, count - 2);
    case "raid10":
      return array.syncAction === "recover"
        ? (array.sizeBytes * copiesOf(array)) / Math.max(1, count)
        : array.sizeBytes;
    default:
      return array.sizeBytes;
  }
}

function copiesOf(array: RaidArray): number {
  const mirrors = mirrorsOf(array);
  return mirrors.kind === "sets" ? 2 : mirrors.copies;
}

/**
 * F9: `idle` alone also says "not begun" and "the adding failed". It's over when nothing syncs, nothing is missing and every
 * slot has a member in sync, and no replacement is left that hasn't taken over. A `check` that runs meanwhile doesn't matter.
 */
export function isRebuilt(array: RaidArray): boolean {
  if (isContainer(array) || !isRunning(array) || isSyncing(array)) return false;
  const unfinished = array.members.some((member) => isReplacement(member) && !isInSync(member));
  return array.degraded === 0 && !unfinished && slotsWith(array, isInSync).size >= array.raidDisks;
}

/**
 * Has any sync moved between two looks? What a stall alarm counts from: one array of several that share disks is enough, since
 * the others wait for it; and so is a sync that ended, or a member that changed its state.
 */
export const movedSince = (before: World, now: World): boolean =>
  JSON.stringify(before.arrays.map(position).toSorted()) !== JSON.stringify(now.arrays.map(position).toSorted());

const position = (array: RaidArray): string =>
  JSON.stringify([
    array.uuid ?? array.name,
    array.syncAction,
    array.syncCompleted ?? null,
    array.degraded,
    array.members.map((member) => [member.serial ?? member.device, member.slot ?? null, member.states]),
  ]);
