import { z } from "zod";
import { declare } from "../declare.ts";
import { deviceGuards, deviceShell, deviceWord, mebibytes, partitionOf, refused, sizeWord } from "../device.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import { call } from "../words.ts";

/** UEFI 2.10 §5.3.3 and the Discoverable Partitions Specification. */
const types = {
  linux: "0fc63daf-8483-4772-8e79-3d69d8477de4",
  raid: "a19d880f-05fc-4d3b-a006-743f0f84911e",
  lvm: "e6d6d379-f507-44c2-a23c-238f2a3df928",
  swap: "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",
  esp: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
  bios: "21686148-6449-6e6f-744e-656564454649",
} as const;

const schema = z.strictObject({
  device: deviceWord
    .refine((word) => partitionOf(word) !== undefined, "must name a partition: S3YANX0A0001-part1, /dev/sda1")
    .describe("The partition: its disk by serial number, WWN or path, and its number, as in `S3YANX0A0001-part1`"),
  size: z
    .union([sizeWord, z.literal("rest")])
    .describe("`512MiB`, `10GiB`; `rest`: all that is free when it is made. It is never changed afterwards"),
  type: z
    .union([z.enum(["linux", "raid", "lvm", "swap", "esp", "bios"]), z.guid()])
    .default("linux")
    .describe("What it is for: `linux`, `raid`, `lvm`, `swap`, `esp`, `bios` (for GRUB), or a GUID"),
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,36}$/, "must be up to 36 letters, digits, dots, dashes")
    .optional()
    .describe("Its name in the table"),
  wipe: z
    .boolean()
    .default(false)
    .describe("What is on a disk without a GPT may go, an old file system for instance. A GPT is only ever added to"),
});

type Partition = z.output<typeof schema>;

const sectorsPerMiB = 2048;
const sectorsOf = ({ size }: Partition) => (size === "rest" ? "rest" : mebibytes(size) * sectorsPerMiB);
const guidOf = ({ type }: Partition) => (types as Record<string, string>)[type] ?? type.toLowerCase();
const placeOf = ({ device }: Partition) => partitionOf(device) as NonNullable<ReturnType<typeof partitionOf>>;

const read = (items: readonly Item<Partition>[]) =>
  items
    .map(({ id, desired }) => {
      const { disk, number } = placeOf(desired);
      return call("partition_seen", id, disk, number, sectorsOf(desired), guidOf(desired), desired.name ?? "-");
    })
    .join("\n");

function diff({ desired }: Item<Partition>, seen: Seen): Change[] {
  const { size, type, name = "", wipe } = desired;
  if (seen.has("disk")) return [{ property: "ensure", to: "present" }];
  const table = seen.get("table");
  const made = table === undefined || table === "none" || wipe;
  const newTable = made ? "gpt" : refused("gpt", "nothing is overwritten without wipe: true");
  const tables: Change[] = table === undefined ? [] : [{ property: "table", from: table, to: newTable }];
  if (seen.has("absent")) return [...tables, { property: "ensure", from: "absent", to: "present" }];
  const sectors = seen.get("size");
  const names = Object.entries(types);
  const [foundType, foundName] = [seen.get("type"), seen.get("name")];
  return [
    ...tables,
    ...(sectors === undefined
      ? []
      : [{ property: "size", from: `${Number(sectors) / sectorsPerMiB}MiB`, to: refused(size, "it may hold data") }]),
    ...(foundType === undefined
      ? []
      : [{ property: "type", from: names.find(([, guid]) => guid === foundType)?.[0] ?? foundType, to: type }]),
    ...(foundName === undefined ? [] : [{ property: "name", from: foundName || "none", to: name }]),
  ];
}

const readShell = `
partition_seen() { # id disk number sectors|rest guid name|-
  device_of "$2" || { seen "$1" disk none; return 0; }
  p_disk=$v_dev
  device_holds "$p_disk"
  [ "$v_table" = gpt ] || seen "$1" table "\${v_holds:-none}"
  device_sys "$p_disk"
  device_part "$v_sys" "$3"
  [ -n "$v_part" ] || { seen "$1" absent yes; return 0; }
  read -r p_size < "$v_part/size"
  [ "$4" = rest ] || [ "$4" = "$p_size" ] || seen "$1" size "$p_size"
  device_holds "/dev/\${v_part##*/}"
  [ "$v_entry" = "$5" ] || seen "$1" type "$v_entry"
  [ "$6" = - ] || [ "$v_entry_name" = "$6" ] || seen "$1" name "$v_entry_name"
}
`;

/** sfdisk(8) may clip what is too large for the free space without a word: what it made is measured, and taken back. */
const applyShell = `
partition_make() { # disk number sectors|rest guid name|- wipe
  device_await "$1"
  p_disk=$v_dev
  device_sys "$p_disk"; p_sys=$v_sys
  device_part "$p_sys" "$2"
  [ -n "$v_part" ] || { partition_add "$@"; return; }
  read -r p_size < "$v_part/size"
  [ "$3" = rest ] || [ "$3" = "$p_size" ] ||
    device_refuse "partition $2 of $1 ($p_disk) has $((p_size / 2048)) MiB, not $(($3 / 2048)): it isn't resized, as it may hold data"
  device_holds "$p_disk"
  [ "$v_table" = gpt ] || device_refuse "$1 ($p_disk) holds $v_holds, and no GPT: it is left as it is"
  sfdisk -q --no-reread --no-tell-kernel --part-type "$p_disk" "$2" "$4"
  [ "$5" = - ] || sfdisk -q --no-reread --no-tell-kernel --part-label "$p_disk" "$2" "$5"
  device_settle
}
partition_table() { # disk wipe: a GPT, where there is none and nothing else either
  device_holds "$p_disk"
  [ "$v_table" != gpt ] || [ "$v_holds" != 'a partition table (gpt)' ] || return 0
  device_used "$p_disk"
  [ -z "$v_used" ] || device_refuse "$1 ($p_disk) is $v_used: it is left as it is"
  if [ -n "$v_holds" ]; then
    [ "$2" = yes ] || device_refuse "$1 ($p_disk) holds $v_holds: it is left as it is. If that can go, say wipe: true"
    [ "$v_table" != gpt ] || device_refuse "$1 ($p_disk) holds $v_holds: what is beside a GPT isn't wiped. If it can go: wipefs -a $p_disk"
    for v_part in "$p_sys"/*; do
      [ ! -r "$v_part/partition" ] || wipefs -a -q "/dev/\${v_part##*/}"
    done
    wipefs -a -q "$p_disk"
  fi
  echo 'label: gpt' | sfdisk -q "$p_disk"
}
partition_room() { # the largest free piece that begins on a whole MiB, in 512 bytes, in $p_room
  p_room=0
  read -r p_sector < "$p_sys/queue/logical_block_size"
  p_sector=$((p_sector / 512))
  while read -r p_start p_end p_rest; do
    case $p_start in '' | *[!0-9]*) continue ;; esac
    p_start=$(((p_start * p_sector + 2047) / 2048 * 2048)) p_end=$(((p_end + 1) * p_sector))
    [ $((p_end - p_start)) -le "$p_room" ] || p_room=$((p_end - p_start))
  done <<FREE
$(sfdisk -F "$p_disk")
FREE
}
partition_add() { # as partition_make
  partition_table "$1" "$6"
  p_line="$2 : type=$4"
  if [ "$3" != rest ]; then
    partition_room
    [ "$3" -le "$p_room" ] || device_refuse "$1 ($p_disk) has only $((p_room / 2048)) MiB free in one piece"
    p_line="$p_line, size=$(($3 / 2048))MiB"
  fi
  [ "$5" = - ] || p_line="$p_line, name=$5"
  p_wipe=auto
  [ "$6" = no ] || p_wipe=always
  printf '%s\\n' "$p_line" | sfdisk -q --no-reread --no-tell-kernel --append --wipe-partitions "$p_wipe" "$p_disk"
  partx -a --nr "$2" "$p_disk" 2>/dev/null || partx -u --nr "$2" "$p_disk" || blockdev --rereadpt "$p_disk"
  device_settle
  device_part "$p_sys" "$2"
  [ -n "$v_part" ] || { echo "the kernel doesn't know the new partition $2 of $p_disk"; return 1; }
  read -r p_size < "$v_part/size"
  [ "$3" = rest ] || [ "$3" = "$p_size" ] || {
    partx -d --nr "$2" "$p_disk"
    sfdisk -q --no-reread --no-tell-kernel --delete "$p_disk" "$2"
    device_refuse "$1 ($p_disk) took only $((p_size / 2048)) MiB in one piece"
  }
}
`;

export const partitionType = defineType({
  name: "partition",
  summary:
    "A partition of a GPT. It is made in free space or on an empty disk; an existing one is never resized, moved or removed.",
  example: 'partition("S3YANX0A0001-part1", { size: "64GiB", type: "raid" })',
  schema,
  titleKey: "device",
  shell: { read: [deviceShell, readShell], apply: [deviceGuards, applyShell] },
  read,
  diff,
  steps: ({ desired }) => {
    const { disk, number } = placeOf(desired);
    const { name = "-", wipe } = desired;
    const words = [disk, number, sectorsOf(desired), guidOf(desired), name, wipe ? "yes" : "no"];
    return [{ kind: "call", function: "partition_make", words }];
  },
  autoRequire: () => ["package[fdisk]"],
  claims: ({ device }) => ({ whole: [`partition:${device}`] }),
});

/** A partition of a GPT: `partition("S3YANX0A0001-part1", { size: "rest", type: "lvm" })`. */
export const partition = declare({ name: "partition", schema, titleKey: "device" });
