import type { PoolMember } from "../disks.ts";

/** The best that can be said of a copy: it's whole. One that is expected to fail is still whole. */
export const isWhole = (member: Pick<PoolMember, "state">) => member.state === "ok" || member.state === "predicted";

/** The least of these; nothing at all has no redundancy. */
export const least = (numbers: readonly number[]) => Math.max(0, numbers.length > 0 ? Math.min(...numbers) : 0);

/** 0 to 1 of a percentage as tools print it, without what binary fractions add. */
export const shareOf = (percent: string | undefined) =>
  percent === undefined ? undefined : Math.round(Number(percent) * 100) / 10_000;
