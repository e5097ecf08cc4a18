import type { Disk, Member, RaidArray } from "../disks.ts";
import type { World } from "./world.ts";

/** In its slot, and up to date as far as md knows. It may still have holes: `isWhole`. */
export const isInSync = (member: Member): boolean =>
  member.slot !== undefined && member.states.includes("in_sync") && !member.states.includes("faulty");

/**
 * A copy that one may rely on: in sync, and md hasn't noted a place in it that can't be read or written. `[UU]` says nothing of
 * such places, and a rebuild copies them into the new disk (md(4), "bad block log").
 */
export const isWhole = (member: Member): boolean =>
  isInSync(member) && member.badBlocks.length === 0 && !member.states.includes("write_error");

/** Takes over from the one in the same slot, as `mdadm --replace --with` has it. */
export const isReplacement = (member: Member): boolean => member.states.includes("replacement");

/** Sectors that are noted as bad: the sum of `first length`. */
export const badSectors = (member: Pick<Member, "badBlocks">): number =>
  member.badBlocks.reduce((sum, range) => sum + (Number(range.trim().split(/\s+/)[1]) || 1), 0);

/** Slots of which a member fits; each once, though two members share one during a replacement. */
export const slotsWith = (array: RaidArray, fits: (member: Member) => boolean): ReadonlySet<number> =>
  new Set(array.members.flatMap((member) => (member.slot !== undefined && fits(member) ? [member.slot] : [])));

/** Slots from 0 to the last one. `array.members` tells only of those that somebody is in. */
export const slotsOf = (array: RaidArray): readonly number[] =>
  Array.from({ length: array.raidDisks }, (_, slot) => slot);

/** IMSM's and DDF's container is no array: it only holds the disks (md(4), "external metadata"). */
export const isContainer = (array: RaidArray): boolean =>
  array.level === "container" || /^external:[^/-]/.test(array.metadata);

/** The disk on which a member, a partition or a disk (`sda3`, `sda`) is at this moment. */
export const diskOf = (world: Pick<World, "disks">, device: string): Disk | undefined =>
  world.disks.find((disk) => disk.name === device || disk.partitions.some((partition) => partition.name === device));

/** The disk's serial as the member has it, else as its name leads to it now. */
export const serialOf = (world: Pick<World, "disks">, member: Member): string | undefined =>
  member.serial ?? diskOf(world, member.device)?.serial;

export const isOn = (member: Member, disk: Disk): boolean =>
  (member.serial !== undefined && member.serial === disk.serial) ||
  member.device === disk.name ||
  disk.partitions.some((partition) => partition.name === member.device);

/** Arrays with a member on this disk, faulty ones and spares too. */
export const arraysOn = (world: Pick<World, "arrays">, disk: Disk): readonly RaidArray[] =>
  world.arrays.filter((array) => array.members.some((member) => isOn(member, disk)));

/** UUIDs are written with colons by md and with dashes by blkid. */
export const sameUuid = (left: string | undefined, right: string | undefined): boolean =>
  left !== undefined && right !== undefined && hexOf(left) === hexOf(right);

const hexOf = (uuid: string) => uuid.toLowerCase().replace(/[^0-9a-f]/g, "");
