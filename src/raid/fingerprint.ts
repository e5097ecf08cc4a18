import type { Member, RaidArray } from "../disks.ts";
import { isWhole } from "./members.ts";
import type { World } from "./world.ts";

/**
 * What must not have moved between a plan and its first command, as stable text: who is where in which array, and in what state,
 * and which disks there are. Neither kernel names (F4), nor the boot, nor the count of events is in it: a mounted array's events
 * move by themselves, with every change between clean and dirty (md(4)); of them only who lags behind counts.
 */
export const fingerprintOf = (world: World): string =>
  [
    ...world.arrays.map((array) => arrayLine(world, array)).toSorted(),
    `disks ${world.disks
      .map((disk) => disk.serial ?? "?")
      .toSorted()
      .join(" ")}`,
  ].join("\n");

function arrayLine(world: World, array: RaidArray): string {
  const members = array.members.map((member) => memberWord(world, array, member)).toSorted();
  const syncing = ["check", "repair", "idle", "none", ""].includes(array.syncAction) ? "" : ` ${array.syncAction}`;
  return `${array.level} ${array.uuid ?? array.name} ${array.degraded}/${array.raidDisks}${syncing}: ${members.join(" ")}`;
}

function memberWord(world: World, array: RaidArray, member: Member): string {
  const partition =
    world.disks.flatMap((disk) => disk.partitions).find((one) => one.name === member.device)?.number ?? 0;
  const state = isWhole(member) ? "whole" : member.states.toSorted().join(",");
  return `${member.slot ?? "-"}=${member.serial ?? "?"}:${partition}:${state}${lags(array, member) ? ",lags" : ""}`;
}

/** Events that one look may find apart though nobody lags: superblocks are read one after the other while the array works. */
const eventsTolerance = 2;

/** A member in sync whose superblock stayed behind the others'. Of members without a number nothing is said. */
export function lags(array: RaidArray, member: Member): boolean {
  const newest = Math.max(...array.members.flatMap((one) => one.events ?? []));
  return member.events !== undefined && newest - member.events > eventsTolerance;
}
