import type { Disk, Pool, PoolMember } from "../../disks.ts";
import type { Act } from "../acts/act.ts";
import { fail } from "../errors.ts";

/** Who keeps redundancy that isn't md's, and how one of its disks is replaced. */
export interface Keeper {
  readonly kind: Pool["kind"];
  /**
   * What a member's replacement is made of. `disks` tell how a disk is divided; a controller's disks aren't among them.
   * @throws `no-swap-plan` when it would take a copy that can't be spared, or nobody knows
   */
  steps(pool: Pool, member: PoolMember, disks: readonly Disk[]): KeeperSteps;
}

export interface KeeperSteps {
  /** What takes the member out, in this order; each looks again at who it is. Afterwards it may be pulled. */
  readonly leave: readonly Act[];
  readonly locateOn: Act;
  readonly locateOff: Act;
  /**
   * What makes the new disk a member, in this order, and starts the rebuild, whose progress fact and `Pool.rebuild` tell.
   * `fresh` is its serial number for ZFS and btrfs, and for a controller its name there: that of the same bay is the old
   * one's. `mayErase`: what an earlier owner left on it may go; else that is refused.
   */
  join(fresh: string, mayErase?: boolean): readonly Act[];
  /** What is left to be done when the rebuild is over. */
  readonly finish: readonly Act[];
  /**
   * Takes in again what was taken out and is still in its bay, or was put back into it; or why that can't be done, or needn't.
   * Of a member that wasn't taken out it does nothing.
   */
  readonly takeBack: Act | { readonly none: string };
  /** Of a controller, whose disks the host doesn't see. Absent: the host's own disks. */
  readonly bay?: Bay;
}

export interface Bay {
  /** What `join` calls it; empty: the place's drive is missing, and nobody knows the bay. */
  readonly name: string;
  /** Looks into a bay; prints `empty`, or `drive STATE SERIAL`. @throws `no-swap-plan`: it isn't called so */
  look(name: string): Act;
}

/** Who is in a bay, from what {@link Bay.look} printed. */
export function readBay(lines: readonly string[]): { readonly serial: string; readonly said: string } | undefined {
  const [, said = "", serial = ""] = lines.map((line) => /^drive "(.*)" (\S*)$/.exec(line)).find(Boolean) ?? [];
  return said === "" || /^(?:failed|missing|not present|removed)/i.test(said) ? undefined : { serial, said };
}

const redundant = /^(?:mirror|raidz\d?|draid\d?|raid(?:1|10|1c3|1c4|5|6|50|60))$/;

/**
 * May it leave without a loss? A whole one only where another may fail; one that is out already always; one that is half a copy
 * only when every other one is well. A part that has one copy (btrfs's `single+raid1`) keeps everything where it is.
 */
export function mayLeave(pool: Pool, member: PoolMember): boolean {
  if (pool.redundancyLeft > 0) return true;
  if (pool.state === "failed" || pool.state === "unknown") return false;
  if (member.state === "missing" || member.state === "failed" || member.state === "spare") return true;
  const others = pool.members.filter((other) => other !== member && other.state !== "spare");
  const isDeep = pool.level.split("+").every((level) => redundant.test(level));
  return member.state !== "ok" && isDeep && others.length > 0 && others.every(({ state }) => state === "ok");
}

/** @throws `no-swap-plan` */
export function demandLeave(pool: Pool, member: PoolMember): void {
  const disk = member.serial ?? member.device ?? member.name;
  if (pool.state === "failed" || pool.state === "unknown") {
    throw fail("no-swap-plan", { disk, why: `${pool.name} (${pool.kind}) is ${pool.state}: ${pool.said}` });
  }
  if (mayLeave(pool, member)) return;
  const short = pool.members.filter((other) => other !== member && other.state !== "ok" && other.state !== "spare");
  const because = short.map(({ name, said }) => `${name} is ${said}`).join(", ") || pool.said;
  throw fail("no-swap-plan", { disk, why: `${pool.name} (${pool.level}) can't spare it: ${because}` });
}

/** It is out: nothing has to be taken out. */
export const isOut = (member: PoolMember) => member.state === "missing";

/** Partition number of a device's name; 0: the whole disk. udev's links end in `-part3`. */
export function partitionIn(device: string | undefined): number {
  const found = /-part(\d+)$|\/(?:nvme\d+n\d+|mmcblk\d+)p(\d+)$|\/(?:sd|vd|xvd|hd)[a-z]+(\d+)$/.exec(device ?? "");
  return Number(found?.slice(1).find(Boolean) ?? 0);
}

/** A member that is well and whose disk is known: its table of partitions is the new disk's pattern. */
export const survivorOf = (pool: Pool, member: PoolMember): PoolMember | undefined =>
  pool.members.find((other) => other !== member && other.state === "ok" && other.serial !== undefined);
