import { z } from "zod";
import { declare } from "../declare.ts";
import { deviceGuards, deviceShell, mebibytes, refused, sizeWord } from "../device.ts";
import { lvmShell } from "../lvm-shell.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import { call } from "../words.ts";

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.][A-Za-z0-9_.-]*\/[A-Za-z0-9_.][A-Za-z0-9_.-]*$/, "must be GROUP/NAME")
    .describe("`GROUP/NAME`; the device is /dev/GROUP/NAME"),
  size: z
    .union([sizeWord, z.string().regex(/^([1-9]\d?|100)%(VG|FREE)$/, "must be a size as 10GiB, or as 50%VG, 100%FREE")])
    .describe("`10GiB`: grows up to it, and is never made smaller. `50%VG`, `100%FREE`: only when it is made"),
});

type Volume = z.output<typeof schema>;

const bytesPerMiB = 2 ** 20;
const bytesOf = ({ size }: Volume) => (size.includes("%") ? "-" : mebibytes(size) * bytesPerMiB);
const partsOf = ({ name }: Volume) => name.split("/") as [string, string];

const read = (items: readonly Item<Volume>[]) =>
  [
    "lvm_report lvs vg_name,lv_name,lv_size,vg_extent_size",
    ...items.map(({ id, desired }) => call("lvm_volume_seen", id, ...partsOf(desired), bytesOf(desired))),
  ].join("\n");

function diff({ desired }: Item<Volume>, seen: Seen): Change[] {
  if (seen.has("absent")) return [{ property: "ensure", from: "absent", to: "present" }];
  const bytes = seen.get("size");
  if (bytes === undefined) return [];
  const to = Number(bytes) > Number(bytesOf(desired)) ? refused(desired.size, "it never shrinks") : desired.size;
  return [{ property: "size", from: `${Number(bytes) / bytesPerMiB}MiB`, to }];
}

const readShell = `
lvm_volume_find() { # group name: its size and the group's extents, in $l_size and $l_extent; or nothing
  l_size= l_extent=
  while IFS='|' read -r l_group l_name l_bytes l_step; do
    [ "$l_group/$l_name" != "$1/$2" ] || { l_size=$l_bytes l_extent=$l_step; return 0; }
  done <<TOLD
$lvm_told
TOLD
}
lvm_volume_seen() { # id group name bytes|-
  lvm_volume_find "$2" "$3"
  [ -n "$l_size" ] || { seen "$1" absent yes; return 0; }
  [ "$4" != - ] || return 0
  [ "$l_size" = $((($4 + l_extent - 1) / l_extent * l_extent)) ] || seen "$1" size "$l_size"
}
`;

/** What is free in a group belongs to nobody: remains of a removed volume in it don't come back as this one's content. */
const applyShell = `
lvm_volume_make() { # group name bytes|- percent
  lvm_report lvs vg_name,lv_name,lv_size,vg_extent_size
  lvm_volume_find "$1" "$2"
  if [ -z "$l_size" ]; then
    if [ "$3" = - ]; then set -- "$1" "$2" -l "$4"; else set -- "$1" "$2" -L "\${3}b"; fi
    lvcreate -q -y -W y -n "$2" "$3" "$4" "$1"
  elif [ "$3" = - ]; then return 0
  elif [ "$l_size" -gt $((($3 + l_extent - 1) / l_extent * l_extent)) ]; then
    device_refuse "/dev/$1/$2 has $((l_size / 1048576)) MiB, more than $(($3 / 1048576)): it isn't made smaller, as it may hold data"
  else lvextend -q -L "\${3}b" "$1/$2"; fi
  device_settle
}
`;

export const lvmVolumeType = defineType({
  name: "lvm_volume",
  summary: "A logical volume of LVM; it grows to its size, and never shrinks or goes.",
  example: 'lvmVolume("data/www", { size: "20GiB" })',
  schema,
  titleKey: "name",
  shell: { read: [lvmShell, readShell], apply: [deviceShell, deviceGuards, applyShell] },
  read,
  diff,
  steps: ({ desired }) => [
    { kind: "call", function: "lvm_volume_make", words: [...partsOf(desired), bytesOf(desired), desired.size] },
  ],
  autoRequire: (volume) => ["package[lvm2]", `lvm_volume_group[${partsOf(volume)[0]}]`],
  claims: ({ name }) => ({ whole: [`logical volume:${name}`] }),
});

/** A logical volume: `lvmVolume("data/www", { size: "20GiB" })`. */
export const lvmVolume = declare({ name: "lvm_volume", schema, titleKey: "name" });
