import type { Block, Disk } from "../../disks.ts";
import type { World } from "../world.ts";

/** GPT's types (UEFI 2.10 §5.3.3; GRUB manual, "BIOS installation"), in small letters. */
export const partTypes = {
  esp: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
  biosBoot: "21686148-6449-6e6f-744e-656564454649",
} as const;

/** The disk's own node and its partitions, by name: lsblk(8) repeats arrays under each member, these it doesn't. */
export function blocksOf(world: World, disk: Disk): readonly Block[] {
  const names = new Set([disk.name, ...disk.partitions.map((partition) => partition.name)]);
  return world.blocks.filter((block) => names.has(block.name));
}

/** What lies directly on this block: arrays, logical volumes, crypt mappings; not its partitions. */
export function holdersOf(world: World, block: Block): readonly Block[] {
  return world.blocks.filter((other) => other.parents.includes(block.name) && other.type !== "part");
}

/** Disks that this mount point lies on in the end: through arrays, logical volumes, crypt mappings. */
export function disksBelow(world: World, mountPoint: string): ReadonlySet<string> {
  const byName = new Map(world.blocks.map((block) => [block.name, block]));
  const seen = new Set<string>();
  const walk = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const parent of byName.get(name)?.parents ?? []) walk(parent);
  };
  for (const block of world.blocks) if (block.mountPoints.includes(mountPoint)) walk(block.name);
  return new Set(world.disks.filter((disk) => seen.has(disk.name)).map((disk) => disk.name));
}
