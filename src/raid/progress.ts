import type { Block, Disk, Member, RaidArray } from "../disks.ts";
import { asSeen, isGhost } from "./ghosts.ts";
import { arraysOn, isInSync, isOn, sameUuid, serialOf } from "./members.ts";
import { isRebuilt as isArrayRebuilt } from "./rebuild.ts";
import type { Membership, SwapPlan } from "./swap-plan.ts";
import type { World } from "./world.ts";

// Where a swap is, told from the world alone: it may have been anybody who did what is done.

export const arrayOf = (world: World, membership: Membership): RaidArray | undefined =>
  world.arrays.find((array) => sameUuid(array.uuid, membership.arrayUuid));

const membersOf = (world: World, membership: Membership, serial: string): readonly Member[] =>
  (arrayOf(world, membership)?.members ?? []).filter((member) => serialOf(world, member) === serial);

/** Of the target nothing is in use in this array any more: failed, removed, or gone. An array that isn't there says no. */
export const isFailedIn = (world: World, membership: Membership, serial: string): boolean =>
  arrayOf(world, membership) !== undefined &&
  membersOf(world, membership, serial).every((member) => member.states.includes("faulty"));

/** As `isFailedIn`, and md has forgotten it, too; its ghost without a serial counts as the target. */
export const isRemovedFrom = (world: World, membership: Membership, serial: string): boolean =>
  arrayOf(world, membership) !== undefined &&
  membersOf(world, membership, serial).length === 0 &&
  !arrayOf(world, membership)?.members.some((member) => isGhost(world, member));

export const isFailed = (world: World, plan: SwapPlan): boolean =>
  plan.memberships.every((membership) => isFailedIn(world, membership, plan.target.serial));

export const isRemoved = (world: World, plan: SwapPlan): boolean =>
  plan.memberships.every((membership) => isRemovedFrom(world, membership, plan.target.serial));

export const isPresent = (world: World, serial: string): boolean => world.disks.some((disk) => disk.serial === serial);

export const isTargetPresent = (world: World, plan: SwapPlan): boolean => isPresent(world, plan.target.serial);

/** Serials of disks that were here when the plan was made and aren't now, besides the target's: the wrong one was pulled. */
export const vanishedOthers = (world: World, plan: SwapPlan): readonly string[] =>
  plan.knownSerials.filter((serial) => serial !== plan.target.serial && !isPresent(world, serial));

/** A vanished disk's arrays, as an earlier look had them: name, UUID and partition, for putting it back by `--re-add`. */
export function placesOf(
  before: World,
  serial: string,
): readonly Pick<Membership, "array" | "arrayUuid" | "partition">[] {
  const disk = before.disks.find((one) => one.serial === serial);
  if (!disk) return [];
  return arraysOn(before, disk).flatMap((array) => {
    const device = array.members.find((member) => isOn(member, disk))?.device;
    const partition = disk.partitions.find((one) => one.name === device)?.number ?? 0;
    return array.uuid === undefined ? [] : [{ array: array.name, arrayUuid: array.uuid, partition }];
  });
}

/**
 * Disks that weren't here when the plan was made. With `before` also those without a serial that weren't here then: nothing is
 * ever done to them, but somebody has to be told why.
 */
export const newDisks = (world: World, plan: SwapPlan, before?: World): readonly Disk[] =>
  world.disks.filter((disk) =>
    disk.serial ? !plan.knownSerials.includes(disk.serial) : before !== undefined && !wasNameless(before, disk),
  );

const wasNameless = (before: World, disk: Disk) =>
  before.disks.some((one) => !one.serial && one.name === disk.name && one.sizeBytes === disk.sizeBytes);

/** What stands against a disk as the new one. `bytes`: how many are missing. */
export type NewDiskVerdict =
  | { readonly kind: "ok" }
  | { readonly kind: "too-small"; readonly bytes: number }
  | { readonly kind: "sector-size"; readonly logicalSectorBytes: number }
  | { readonly kind: "removable" }
  | { readonly kind: "in-use"; readonly by: string }
  | { readonly kind: "same-disk-again" }
  | { readonly kind: "no-serial" };

/**
 * May this be the new disk? Foreign arrays that assembled themselves from it alone (F11) are no use: they're taken down by
 * wiping, after a question. What is mounted, swapped on, or shared with other disks is.
 */
export function judgeNewDisk(world: World, plan: SwapPlan, disk: Disk): NewDiskVerdict {
  const { target } = plan;
  const isTarget = disk.serial === target.serial || (disk.wwn !== undefined && disk.wwn === target.wwn);
  if (!disk.serial || world.disks.filter((one) => one.serial === disk.serial).length > 1) return { kind: "no-serial" };
  if (isTarget) return { kind: "same-disk-again" };
  if (disk.removable || disk.transport === "usb") return { kind: "removable" };
  const by = useOf(world, disk);
  if (by !== undefined) return { kind: "in-use", by };
  if (disk.logicalSectorBytes !== target.logicalSectorBytes)
    return { kind: "sector-size", logicalSectorBytes: disk.logicalSectorBytes };
  if (disk.sizeBytes < target.sizeBytes) return { kind: "too-small", bytes: target.sizeBytes - disk.sizeBytes };
  return { kind: "ok" };
}

function useOf(world: World, disk: Disk): string | undefined {
  const shared = arraysOn(world, disk).find((array) => array.members.some((member) => !isOn(member, disk)));
  if (shared) return shared.name;
  const pool = world.pools.find((one) => one.members.some((member) => member.serial === disk.serial));
  if (pool) return pool.name;
  return lyingOn(world.blocks, disk).find((block) => block.mountPoints.length > 0)?.mountPoints[0];
}

/** Everything that lies on the disk, through partitions, arrays and volumes. */
function lyingOn(blocks: readonly Block[], disk: Disk): readonly Block[] {
  const names = new Set([disk.name, ...disk.partitions.map((partition) => partition.name)]);
  for (let before = -1; before !== names.size; ) {
    before = names.size;
    for (const block of blocks) if (block.parents.some((parent) => names.has(parent))) names.add(block.name);
  }
  return blocks.filter((block) => names.has(block.name));
}

/** All partitions that the plan needs are there, and large enough; whole disks need none. */
export function isPartitioned(world: World, plan: SwapPlan, newSerial: string): boolean {
  const disk = world.disks.find((one) => one.serial === newSerial);
  const needed = [
    ...plan.memberships,
    ...[...plan.swaps, plan.esp, plan.biosBoot].flatMap((one) =>
      one ? [{ partition: one.partition, sizeBytes: 1 }] : [],
    ),
  ].filter(({ partition }) => partition > 0);
  return (
    disk !== undefined &&
    needed.every(({ partition, sizeBytes }) =>
      disk.partitions.some((one) => one.number === partition && one.sizeBytes >= sizeBytes),
    )
  );
}

/** The new disk is a member of this array, in whatever state but failed. */
export function isAddedTo(world: World, membership: Membership, newSerial: string): boolean {
  const disk = world.disks.find((one) => one.serial === newSerial);
  return membersOf(world, membership, newSerial).some(
    (member) =>
      !member.states.includes("faulty") &&
      (disk?.partitions.find((one) => one.name === member.device)?.number ?? 0) === membership.partition,
  );
}

export const isAdded = (world: World, plan: SwapPlan, newSerial: string): boolean =>
  plan.memberships.every((membership) => isAddedTo(world, membership, newSerial));

/**
 * Every array of the plan is whole by F9's condition, without the target. Given the new disk, it must be in each: in sync, or a
 * spare where another spare took the place meanwhile. The same disk again (`newSerial` is the target's) may be in them.
 */
export const isRebuilt = (world: World, plan: SwapPlan, newSerial?: string): boolean =>
  plan.memberships.every((membership) => {
    const array = arrayOf(asSeen(world), membership);
    if (!array || !isArrayRebuilt(array)) return false;
    const stays = newSerial === plan.target.serial;
    if (!stays && membersOf(world, membership, plan.target.serial).some(isInSync)) return false;
    return newSerial === undefined || isAddedTo(world, membership, newSerial);
  });
