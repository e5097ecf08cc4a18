import { diskShell } from "../disk-shell.ts";
import type { Disk, Partition } from "../disks.ts";
import { type Fact, numberOf, parseBlocks } from "./fact.ts";

/** sysfs counts in 512 bytes throughout. */
const script = `${diskShell}
for d_path in /sys/block/*; do
  disk_here "$d_path" || continue
  d_name=\${d_path##*/}
  read -r d_size < "$d_path/size"
  printf '%s\\n' "disk=$d_name"
  printf '%s\\n' "sectors=$d_size"
  for d_key in queue/logical_block_size queue/physical_block_size queue/rotational removable ro device/vendor device/model; do
    disk_line "$d_path/$d_key"; printf '%s\\n' "\${d_key##*/}=$d_text"
  done
  disk_serial "$d_name"; printf '%s\\n' "serial=$d_text"
  disk_wwn "$d_name"; printf '%s\\n' "wwn=$d_text"
  disk_transport "$d_name"; printf '%s\\n' "transport=$d_text"
  for d_part in "$d_path/$d_name"*; do
    [ -r "$d_part/partition" ] || continue
    read -r d_number < "$d_part/partition"; read -r d_start < "$d_part/start"; read -r d_size < "$d_part/size"
    printf '%s\\n' "partition.\${d_part##*/}=$d_number $d_start $d_size"
  done
done`;

const sysfsSector = 512;

function parse(lines: readonly string[]): readonly Disk[] {
  return parseBlocks(lines, "disk").map((found) => {
    const number = (key: string) => numberOf(found.get(key)) ?? 0;
    const words = ["serial", "wwn", "vendor", "model", "transport"].flatMap((key) => {
      const value = found.get(key)?.trim();
      return value && !(key === "vendor" && /^0x/.test(value)) ? [[key, value]] : [];
    });
    return {
      name: found.get("disk") ?? "",
      ...Object.fromEntries(words),
      sizeBytes: number("sectors") * sysfsSector,
      logicalSectorBytes: number("logical_block_size"),
      physicalSectorBytes: number("physical_block_size"),
      rotational: number("rotational") === 1,
      removable: number("removable") === 1,
      readOnly: number("ro") === 1,
      partitions: partitionsOf(found),
    };
  });
}

function partitionsOf(found: ReadonlyMap<string, string>): Partition[] {
  return [...found]
    .filter(([key]) => key.startsWith("partition."))
    .map(([key, value]) => {
      const [number = 0, start = 0, sectors = 0] = value.split(" ").map(Number);
      return {
        name: key.slice("partition.".length),
        number,
        startBytes: start * sysfsSector,
        sizeBytes: sectors * sysfsSector,
      };
    })
    .sort((one, other) => one.number - other.number);
}

/** Disks with their serial numbers, from sysfs. */
export const disks: Fact<readonly Disk[]> = { name: "disks", cheap: false, script, parse };
