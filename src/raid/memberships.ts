import type { Disk, RaidArray } from "../disks.ts";
import { isGhost } from "./ghosts.ts";
import { isContainer, isInSync, isOn, sameUuid, slotsOf, slotsWith } from "./members.ts";
import type { Membership } from "./swap-plan.ts";
import type { World } from "./world.ts";

/** A disk's places in arrays, smallest first: arrays that share disks sync in the order of adding (F14). */
export const inOrder = (memberships: readonly Membership[]): readonly Membership[] =>
  memberships.toSorted((a, b) => a.sizeBytes - b.sizeBytes || a.array.localeCompare(b.array));

/**
 * Where a disk that is here has its places: as a member, a failed one too, and as one that was removed already, which its
 * superblock tells (blkid has the array's UUID) as long as the array misses somebody.
 */
export function membershipsOf(world: World, disk: Disk): readonly Membership[] {
  return inOrder(
    world.arrays.flatMap((array) => {
      if (isContainer(array) || array.uuid === undefined) return [];
      const member = array.members.find((one) => isOn(one, disk));
      const device = member?.device ?? (misses(world, array) ? removedFrom(world, array, disk) : undefined);
      return device === undefined ? [] : [membership(world, { array, disk, device, slot: member?.slot })];
    }),
  );
}

/** As they were on record, in arrays that are still here and miss somebody. */
export const membershipsOnRecord = (world: World, recorded: World, disk: Disk): readonly Membership[] =>
  inOrder(
    membershipsOf(recorded, disk).flatMap((then) => {
      const array = world.arrays.find((one) => sameUuid(one.uuid, then.arrayUuid));
      if (!array || !misses(world, array)) return [];
      const { slot: _then, ...kept } = then;
      const slot =
        then.slot !== undefined && emptySlots(world, array).includes(then.slot)
          ? then.slot
          : onlyEmptySlot(world, array);
      return [
        {
          ...kept,
          arrayUuid: array.uuid ?? then.arrayUuid,
          array: array.name,
          ...(slot === undefined ? {} : { slot }),
        },
      ];
    }),
  );

/** No record is left: the places of `like`, which shares them, in every array that misses somebody. */
export const membershipsLike = (world: World, like: Disk): readonly Membership[] =>
  inOrder(
    world.arrays.flatMap((array) => {
      const member = array.members.find((one) => isOn(one, like) && isInSync(one));
      if (!member || !misses(world, array) || array.uuid === undefined) return [];
      return [membership(world, { array, disk: like, device: member.device, slot: onlyEmptySlot(world, array) })];
    }),
  );

interface Place {
  readonly array: RaidArray;
  readonly disk: Disk;
  readonly device: string;
  readonly slot: number | undefined;
}

function membership(world: World, { array, disk, device, slot }: Place): Membership {
  const partition = disk.partitions.find((one) => one.name === device);
  const place = slot ?? onlyEmptySlot(world, array);
  return {
    arrayUuid: array.uuid ?? "",
    array: array.name,
    level: array.level,
    partition: partition?.number ?? 0,
    ...(place === undefined ? {} : { slot: place }),
    sizeBytes: partition?.sizeBytes ?? disk.sizeBytes,
  };
}

const removedFrom = (world: World, array: RaidArray, disk: Disk): string | undefined =>
  [disk.name, ...disk.partitions.map((one) => one.name)].find((name) =>
    world.blocks.some(
      (block) => block.name === name && block.content === "linux_raid_member" && sameUuid(block.uuid, array.uuid),
    ),
  );

/** Slots that nobody is in who is, or is becoming, in sync. Of a disk that was pulled md may not know yet (F12). */
export const emptySlots = (world: World, array: RaidArray): readonly number[] => {
  const taken = slotsWith(array, (one) => !one.states.includes("faulty") && !isGhost(world, one));
  return slotsOf(array).filter((slot) => !taken.has(slot));
};

const misses = (world: World, array: RaidArray) => emptySlots(world, array).length > 0;

function onlyEmptySlot(world: World, array: RaidArray): number | undefined {
  const empty = emptySlots(world, array);
  return empty.length === 1 ? empty[0] : undefined;
}
