import type { RaidArray } from "../disks.ts";

/**
 * Who holds the copies of whom in a RAID10: `sets` by slot; `any`: it isn't known who is whose partner, but every chunk is on
 * `copies` disks, so that this helps only as long as nothing is missing.
 */
export type Mirrors =
  | { readonly kind: "sets"; readonly sets: readonly (readonly number[])[] }
  | { readonly kind: "any"; readonly copies: number };

/**
 * md(4), "RAID10": the layout number holds near copies in bits 0–7, far copies in bits 8–15, "offset" in bit 16. Near-2 over an
 * even number of disks pairs slots 2k and 2k+1 (tried on a kernel 6.1). Of no other layout the partners have been tried.
 */
export function mirrorsOf(array: Pick<RaidArray, "layout" | "raidDisks">): Mirrors {
  const [near, far, rest] = [array.layout & 0xff, (array.layout >> 8) & 0xff, array.layout >> 16];
  const copies = Math.min(near * far, array.raidDisks);
  if (near !== 2 || far !== 1 || rest !== 0 || array.raidDisks % 2 !== 0) return { kind: "any", copies };
  const sets = Array.from({ length: array.raidDisks / 2 }, (_, pair) => [2 * pair, 2 * pair + 1]);
  return { kind: "sets", sets };
}
