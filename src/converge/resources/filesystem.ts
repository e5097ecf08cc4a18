import { z } from "zod";
import { declare } from "../declare.ts";
import { deviceGuards, deviceShell, deviceWord, producersOf, refused } from "../device.ts";
import { type Change, defineType, type Item, type Outlook, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

const longestLabel = { ext4: 16, xfs: 12, vfat: 11 } as const;

const schema = z
  .strictObject({
    device: deviceWord.describe("Where: a path below /dev, or a serial number or WWN with -partN"),
    type: z.enum(["ext4", "xfs", "vfat"]).describe("`ext4`, `xfs` or `vfat`"),
    label: z
      .string()
      .regex(/^[A-Za-z0-9._-]+$/, "must be letters, digits, dots, dashes, underscores")
      .optional()
      .describe("Its label: 16 characters at most in ext4, 12 in xfs, 11 in vfat"),
    options: z
      .array(z.string().regex(/^[^\n\0]+$/))
      .default([])
      .describe("Words for mkfs when it is made; a file system that is there keeps its own"),
    grow: z.boolean().default(false).describe("Grow it to its device, online; never the other way. Not vfat"),
  })
  .refine(({ type, grow }) => type !== "vfat" || !grow, { message: "vfat can't grow" })
  .refine(({ type, label }) => (label ?? "").length <= longestLabel[type], { message: "the label is too long" });

type FileSystem = z.output<typeof schema>;

const read = (items: readonly Item<FileSystem>[]) =>
  items
    .map(({ id, desired: { device, type, label, grow } }) =>
      call("filesystem_seen", id, device, type, label ?? "-", grow ? "yes" : "no"),
    )
    .join("\n");

function diff({ desired: { device, type, label, grow } }: Item<FileSystem>, seen: Seen, outlook: Outlook): Change[] {
  if (seen.has("device")) return [{ property: "type", to: type }];
  const [holds, found, size] = [seen.get("holds"), seen.get("label"), seen.get("size")];
  if (holds !== undefined) {
    const isFree = holds === "nothing";
    return [{ property: "type", from: holds, to: isFree ? type : refused(type, "the device isn't empty") }];
  }
  const [bytes = "", room = ""] = size?.split(" ") ?? [];
  return [
    ...(found === undefined ? [] : [{ property: "label", from: found || "none", to: label ?? "" }]),
    ...(size === undefined ? [] : [{ property: "size", from: inMiB(bytes), to: inMiB(room) }]),
    ...(grow && size === undefined && growsBelow(device, outlook)
      ? [{ property: "size", to: "all of its device" }]
      : []),
  ];
}

/** A volume that is there and changes, grows. */
const growsBelow = (device: string, { changing }: Outlook) =>
  producersOf(device).some((reference) => reference.startsWith("lvm_volume[") && changing.includes(reference));

const inMiB = (bytes: string) => `${Math.floor(Number(bytes) / 2 ** 20)}MiB`;

function steps({ desired: { device, type, label, options, grow } }: Item<FileSystem>, seen: Seen): Step[] {
  const step = (name: string, ...words: string[]): Step => ({ kind: "call", function: name, words });
  if (seen.has("holds") || seen.has("device")) return [step("filesystem_make", device, type, label ?? "-", ...options)];
  return [
    ...(seen.has("label") ? [step("filesystem_label", device, type, label ?? "")] : []),
    ...(grow ? [step("filesystem_grow", device, type)] : []),
  ];
}

/**
 * Sizes as the superblocks have them (ext4: Documentation/filesystems/ext4/super.rst; xfs: XFS Algorithms & Data Structures §12).
 * A mounted xfs writes its own late: there its tools are asked. The last 4 MiB may be too few for one more group of blocks.
 */
const readShell = `
filesystem_number() { # device offset bytes little|big: in $f_number
  f_number=0 f_places=
  for f_byte in $(od -An -v -tu1 -j "$2" -N "$3" "$1"); do
    if [ "$4" = big ]; then f_number=$((f_number * 256 + f_byte)); else f_places="$f_places $f_byte"; fi
  done
  [ "$4" != big ] || return 0
  f_factor=1
  for f_byte in $f_places; do f_number=$((f_number + f_byte * f_factor)) f_factor=$((f_factor * 256)); done
}
filesystem_bytes() { # device type: in $f_bytes
  case $2 in
    ext4)
      filesystem_number "$1" 1048 4 little; f_block=$((1024 << f_number))
      filesystem_number "$1" 1120 4 little; f_high=$((f_number & 128))
      [ "$f_high" = 0 ] || { filesystem_number "$1" 1360 4 little; f_high=$f_number; }
      filesystem_number "$1" 1028 4 little
      f_bytes=$(((f_high * 4294967296 + f_number) * f_block)) ;;
    xfs)
      f_where=$(filesystem_mounted "$1")
      if [ -n "$f_where" ] && f_told=$(xfs_info "$f_where" 2>/dev/null | grep '^data'); then
        f_block=\${f_told#*bsize=}; f_block=\${f_block%%[ ,]*}
        f_number=\${f_told#*blocks=}; f_number=\${f_number%%,*}
      else
        filesystem_number "$1" 4 4 big; f_block=$f_number
        filesystem_number "$1" 8 8 big
      fi
      f_bytes=$((f_number * f_block)) ;;
  esac
}
filesystem_mounted() { # device: prints where
  device_sys "$1"
  while read -r f_1 f_2 f_numbers f_4 f_path f_rest; do
    [ "$f_numbers" != "$v_numbers" ] || { printf '%b\\n' "$f_path"; return 0; }
  done < /proc/self/mountinfo
}
filesystem_room() { # device: its size, in $f_room
  device_sys "$1"; read -r f_room < "$v_sys/size"; f_room=$((f_room * 512))
}
filesystem_seen() { # id device type label|- grow
  device_of "$2" || { seen "$1" device none; return 0; }
  device_holds "$v_dev"
  if [ "$v_type" != "$3" ]; then seen "$1" holds "\${v_holds:-nothing}"; return 0; fi
  [ "$4" = - ] || [ "$v_label" = "$4" ] || seen "$1" label "$v_label"
  if [ "$5" = yes ]; then
    filesystem_bytes "$v_dev" "$3"
    filesystem_room "$v_dev"
    [ $((f_room - f_bytes)) -lt 4194304 ] || seen "$1" size "$f_bytes $f_room"
  fi
}
`;

const applyShell = `
filesystem_make() { # device type label|- options
  device_await "$1"; f_word=$1 f_type=$2 f_label=$3
  shift 3
  device_holds "$v_dev"
  [ "$v_type" != "$f_type" ] || return 0
  device_blank "$v_dev" "$f_word"
  if [ "$f_label" != - ]; then
    case $f_type in vfat) set -- -n "$f_label" "$@" ;; *) set -- -L "$f_label" "$@" ;; esac
  fi
  case $f_type in ext4 | xfs) set -- -q "$@" ;; esac
  "mkfs.$f_type" "$@" "$v_dev"
  device_settle
}
filesystem_label() { # device type label
  device_await "$1"
  f_where=$(filesystem_mounted "$v_dev")
  case $2 in
    ext4) e2label "$v_dev" "$3" ;;
    vfat) fatlabel "$v_dev" "$3" ;;
    xfs) if [ -n "$f_where" ]; then xfs_io -c "label -s $3" "$f_where"; else xfs_admin -L "$3" "$v_dev"; fi ;;
  esac
  device_settle
}
filesystem_grow() { # device type
  device_await "$1"
  f_where=$(filesystem_mounted "$v_dev")
  case $2 in
    ext4)
      if [ -z "$f_where" ]; then e2fsck -f -p "$v_dev" || [ "$?" -lt 2 ]; fi
      resize2fs "$v_dev" ;;
    xfs)
      if [ -n "$f_where" ]; then xfs_growfs "$f_where"; return; fi
      mkdir "$work/grow"
      mount -t xfs "$v_dev" "$work/grow"
      xfs_growfs "$work/grow" && f_rc=0 || f_rc=$?
      umount "$work/grow"
      return "$f_rc" ;;
  esac
}
`;

export const filesystemType = defineType({
  name: "filesystem",
  summary: "A file system on a device that holds nothing; an existing one is never made anew.",
  example: 'filesystem("/dev/md/data", { type: "xfs", label: "data", grow: true })',
  schema,
  titleKey: "device",
  shell: { read: [deviceShell, readShell], apply: [deviceGuards, applyShell] },
  read,
  diff,
  steps,
  autoRequire: ({ device, type }) => [
    ...producersOf(device),
    `package[${{ ext4: "e2fsprogs", xfs: "xfsprogs", vfat: "dosfstools" }[type]}]`,
  ],
  claims: ({ device }) => ({ whole: [`content of device:${device}`] }),
});

/** A file system on an empty device: `filesystem("/dev/data/www", { type: "ext4", label: "www", grow: true })`. */
export const filesystem = declare({ name: "filesystem", schema, titleKey: "device" });
