/** Redundancy that somebody else than md keeps: ZFS, btrfs, a hardware controller. */
export interface Pool {
  readonly kind: "zfs" | "btrfs" | "megaraid" | "hpe";
  /** `tank`, `/c0/v0`, `/srv` */
  readonly name: string;
  /** `mirror`, `raid1`, `raidz2`; several with `+`. */
  readonly level: string;
  readonly state: "ok" | "rebuilding" | "degraded" | "failed" | "unknown";
  /** In the words of who keeps it. */
  readonly said: string;
  /** How many more disks may fail, whichever they are; too low rather than too high. */
  readonly redundancyLeft: number;
  readonly rebuild?: { readonly completed?: number; readonly remainingSeconds?: number };
  readonly members: readonly PoolMember[];
}

export interface PoolMember {
  /** What its keeper's commands call it: `/c0/e252/s1`, ZFS's GUID, `devid:2`. */
  readonly name: string;
  /** The device that it is, or was, on this host. */
  readonly device?: string;
  readonly serial?: string;
  readonly slot?: string;
  readonly state: "ok" | "rebuilding" | "failed" | "missing" | "spare" | "predicted" | "unknown";
  readonly said: string;
  readonly readErrors?: number;
  readonly writeErrors?: number;
  readonly checksumErrors?: number;
}

/** The best that can be said of a copy: it's whole. One that is expected to fail is still whole. */
export const isWhole = (member: Pick<PoolMember, "state">) => member.state === "ok" || member.state === "predicted";

/** The least of these; nothing at all has no redundancy. */
export const least = (numbers: readonly number[]) => Math.max(0, numbers.length > 0 ? Math.min(...numbers) : 0);

/** 0 to 1 of a percentage as tools print it, without what binary fractions add. */
export const shareOf = (percent: string | undefined) =>
  percent === undefined ? undefined : Math.round(Number(percent) * 100) / 10_000;
