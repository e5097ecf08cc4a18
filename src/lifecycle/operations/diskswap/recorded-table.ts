import { labelOf } from "../../../raid/bootable.ts";
import type { World } from "../../../raid/world.ts";

/**
 * An earlier look's partitions as sfdisk(8) would have dumped them, for a disk that can't be asked any more. Nothing when it
 * isn't known what each partition was.
 */
export function recordedTable(world: World, serial: string): string | undefined {
  const disk = world.disks.find((one) => one.serial === serial);
  const label = disk && labelOf(world, disk);
  if (!disk || !label) return undefined;
  const unit = disk.logicalSectorBytes;
  const rows = disk.partitions.map(({ name, startBytes, sizeBytes }) => {
    const type = world.blocks.find((block) => block.name === name)?.partType?.replace(/^0x/, "");
    return type ? `/dev/${name} : start=${startBytes / unit}, size=${sizeBytes / unit}, type=${type}` : undefined;
  });
  if (rows.length === 0 || rows.includes(undefined)) return undefined;
  return [`label: ${label}`, "unit: sectors", `sector-size: ${unit}`, "", ...rows, ""].join("\n");
}
