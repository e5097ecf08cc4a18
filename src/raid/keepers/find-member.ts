import type { Pool, PoolMember } from "../../disks.ts";
import type { World } from "../world.ts";

/** A disk as its keeper has it. */
export interface FoundMember {
  readonly pool: Pool;
  readonly member: PoolMember;
}

/** The shortest end of a serial number that is taken for it. */
const fewest = 4;

/**
 * The keeper's disk that somebody means by its serial number or the last four or more characters of it, by its keeper's own
 * name (`/c0/e252/s1`, a GUID, `devid:2`), its slot, or its kernel name of this moment. A disk that is in one of md's arrays is
 * md's. Of a disk that several pools have a part of, the first.
 */
export function findPoolMember(world: World, word: string): FoundMember | "none" | "several" {
  const [first, ...others] = membersMeant(world, word);
  if (!first) return "none";
  return others.some((other) => !isSameDisk(first, other)) ? "several" : first;
}

/** All that a word fits; what fits exactly goes before what only ends so. */
export function membersMeant(world: World, word: string): readonly FoundMember[] {
  const asked = word.trim().toLowerCase();
  if (asked === "") return [];
  const all = world.pools
    .flatMap((pool) => pool.members.map((member) => ({ pool, member })))
    .filter(({ member }) => !isMds(world, member));
  const exact = all.filter(({ member }) => namesOf(world, member).includes(asked));
  if (exact.length > 0 || asked.length < fewest) return exact;
  return all.filter(({ member }) => member.serial?.toLowerCase().endsWith(asked));
}

/** The same disk's other places: another pool's part of it, or another volume of its controller's array. */
export const otherPlaces = (world: World, found: FoundMember): readonly FoundMember[] =>
  world.pools
    .filter((pool) => pool.kind !== found.pool.kind || pool.name !== found.pool.name)
    .flatMap((pool) => pool.members.map((member) => ({ pool, member })))
    .filter((other) => isSameDisk(found, other));

function isSameDisk(one: FoundMember, other: FoundMember): boolean {
  const { serial } = one.member;
  if (serial !== undefined && other.member.serial !== undefined) return serial === other.member.serial;
  return one.pool.kind === other.pool.kind && one.member.name === other.member.name && isControllers(one.pool);
}

/** Whose disks the host itself doesn't see. */
export const isControllers = ({ kind }: Pick<Pool, "kind">): boolean => kind === "megaraid" || kind === "hpe";

function namesOf(world: World, { name, serial, slot, device }: PoolMember): readonly string[] {
  const disk = world.disks.find((one) => serial !== undefined && one.serial === serial);
  return [serial, name, slot, device, disk?.name, disk && `/dev/${disk.name}`].flatMap((one) =>
    one === undefined ? [] : [one.toLowerCase()],
  );
}

const isMds = ({ arrays }: World, { serial }: PoolMember) =>
  serial !== undefined && arrays.some((array) => array.members.some((member) => member.serial === serial));
