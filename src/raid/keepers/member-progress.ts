import type { Pool, PoolMember } from "../../disks.ts";
import type { World } from "../world.ts";

// Where a keeper's swap is, told from what its keeper says alone.

export const poolIn = (world: World, { kind, name }: Pick<Pool, "kind" | "name">): Pool | undefined =>
  world.pools.find((pool) => pool.kind === kind && pool.name === name);

/** The same place's member as an earlier look had it: a bay, and btrfs's number, may be another disk's by now. */
export const memberIn = (pool: Pool, { name, serial }: PoolMember): PoolMember | undefined =>
  pool.members.find(
    (one) => one.name === name && (one.serial === undefined || serial === undefined || one.serial === serial),
  );

/** Its keeper counts on nothing of it any more: it may be pulled. */
export function isOutOf(pool: Pool, member: PoolMember): boolean {
  const now = memberIn(pool, member);
  return now === undefined || now.state === "missing";
}

/** The disk with this serial number is a member of it, whole or being filled. */
export const memberWith = (pool: Pool, serial: string): PoolMember | undefined =>
  pool.members.find((one) => one.serial === serial);

const filling: readonly PoolMember["state"][] = ["ok", "rebuilding", "predicted"];

/** The new disk is in, in whatever state but failed. */
export const isJoinedTo = (pool: Pool, serial: string): boolean =>
  filling.includes(memberWith(pool, serial)?.state ?? "missing");

/** All that there is to be filled is filled; whether it is well is another question. */
export const isFilled = (pool: Pool, serial: string): boolean =>
  pool.state !== "rebuilding" && memberWith(pool, serial)?.state === "ok";

/** Filled, and its keeper calls it well. */
export const isWholeWith = (pool: Pool, serial: string): boolean => isFilled(pool, serial) && pool.state === "ok";

/** Did anything of it move between two looks? */
export const hasMoved = (before: Pool, now: Pool): boolean => JSON.stringify(before) !== JSON.stringify(now);

/** Members that were whole and are out now, besides this one: somebody pulled the wrong disk, or it failed. */
export const lostSince = (before: Pool, now: Pool, member: PoolMember): readonly PoolMember[] =>
  before.members.filter(
    (one) => one.name !== member.name && (one.state === "ok" || one.state === "predicted") && isLost(now, one),
  );

function isLost(now: Pool, member: PoolMember): boolean {
  const found = memberIn(now, member);
  return found === undefined || found.state === "missing" || found.state === "failed";
}

/** What isn't as it should be after a swap: `redundancyLeft` as before or better. */
export function poolFailures(before: Pool, now: Pool | undefined, newSerial: string): readonly string[] {
  if (!now) return [`${before.name} isn't there`];
  const ill = now.members.filter(({ state }) => state !== "ok" && state !== "spare");
  const errors = now.members.filter((one) => errorsOf(one) > 0);
  return [
    ...(now.state === "ok" ? [] : [`${now.name} is ${now.state}: ${now.said}`]),
    ...(now.redundancyLeft >= before.redundancyLeft
      ? []
      : [`${now.name} bears the loss of ${now.redundancyLeft}, and bore that of ${before.redundancyLeft}`]),
    ...(memberWith(now, newSerial) ? [] : [`${newSerial} isn't a member of ${now.name}`]),
    ...ill.map((one) => `${one.serial ?? one.name} in ${now.name} is ${one.said}`),
    ...errors.map((one) => `${one.serial ?? one.name} in ${now.name} had ${errorsOf(one)} errors`),
  ];
}

const errorsOf = ({ readErrors = 0, writeErrors = 0, checksumErrors = 0 }: PoolMember) =>
  readErrors + writeErrors + checksumErrors;
