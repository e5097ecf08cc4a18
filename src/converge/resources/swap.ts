import { z } from "zod";
import { declare } from "../declare.ts";
import { deviceGuards, deviceShell, mebibytes, producersOf, refused, sizeWord } from "../device.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { unitText } from "../systemd-words.ts";
import { unitNameOf } from "../unit-name.ts";
import { absolutePath, call, foldersAbove } from "../words.ts";
import { diffFile, readFiles, stepsOfFile, type WrittenFile } from "../written-file.ts";

const schema = z
  .strictObject({
    path: absolutePath.describe(
      "A file, or a device by a path below /dev that stays: /dev/data/swap, /dev/disk/by-id/…",
    ),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("`absent`: no longer used, now and at boot; a swap file is removed, a device keeps what it holds"),
    size: sizeWord.optional().describe("Of a file; when it differs, the file is made anew"),
    priority: z
      .int()
      .min(0)
      .max(32767)
      .optional()
      .describe("The highest is used first; unless given, the kernel decides"),
  })
  .refine(({ path, size, ensure }) => ensure === "absent" || path.startsWith("/dev/") === (size === undefined), {
    message: "a file needs a size, a device has its own",
  });

type Swap = z.output<typeof schema>;

const bytesPerMiB = 2 ** 20;
const bytesOf = ({ size }: Swap) => (size === undefined ? "-" : mebibytes(size) * bytesPerMiB);
const unitOf = ({ path }: Swap) => unitNameOf(path, "swap");
const wishOf = ({ ensure }: Swap) => (ensure === "present" ? "yes" : "no");

function fileOf(swap: Swap): WrittenFile {
  const { path, priority, ensure } = swap;
  const content = unitText({
    Unit: { Description: `Swap ${path}` },
    Swap: { What: path, ...(priority === undefined ? {} : { Priority: priority }) },
    Install: { WantedBy: "swap.target" },
  });
  const attributes = { mode: "0644", owner: "root", group: "root" };
  const present = ensure === "absent" ? ({ ensure } as const) : ({ ensure, content } as const);
  return { path: `/etc/systemd/system/${unitOf(swap)}`, ...attributes, ...present };
}

const read = (items: readonly Item<Swap>[]) =>
  [
    readFiles(items.map(({ id, desired }) => ({ id, file: fileOf(desired) }))),
    ...items.map(({ id, desired }) =>
      call("swap_seen", id, desired.path, wishOf(desired), `swap.target.wants/${unitOf(desired)}`, bytesOf(desired)),
    ),
  ].join("\n");

function diff({ desired }: Item<Swap>, seen: Seen): Change[] {
  const [enabled, used, holds, size] = ["enabled", "used", "holds", "size"].map((key) => seen.get(key));
  const wanted = wishOf(desired);
  const content: Change =
    holds === "none"
      ? { property: "content", to: "swap" }
      : {
          property: "content",
          from: holds ?? "",
          to: holds === "nothing" ? "swap" : refused("swap", "it holds something else"),
        };
  return [
    ...diffFile(fileOf(desired), seen),
    ...(holds === undefined ? [] : [content]),
    ...(size === undefined ? [] : [{ property: "size", from: `${size} bytes`, to: desired.size ?? "" }]),
    ...(seen.has("left") ? [{ property: "file", from: "present", to: "absent" }] : []),
    ...(enabled === undefined ? [] : [{ property: "enabled", from: enabled, to: wanted }]),
    ...(used === undefined ? [] : [{ property: "used", from: used, to: wanted }]),
  ];
}

function steps({ desired }: Item<Swap>): Step[] {
  const { path, ensure } = desired;
  const step = (name: string, ...words: (string | number)[]): Step => ({ kind: "call", function: name, words });
  const reload: Step = { kind: "run", argv: ["systemctl", "daemon-reload"] };
  const file = stepsOfFile(fileOf(desired));
  if (ensure === "absent") return [step("swap_off", unitOf(desired), path), ...file, reload];
  return [
    step("swap_make", unitOf(desired), path, bytesOf(desired)),
    ...file,
    reload,
    step("swap_on", unitOf(desired), path),
  ];
}

const readShell = `
swap_used() { # path: does the kernel swap to it?
  w_real=$(readlink -f "$1") || w_real=$1
  while read -r w_name w_rest; do [ "$w_name" != "$w_real" ] || return 0; done < /proc/swaps
  return 1
}
swap_seen() { # id path yes|no link bytes|-
  w_enabled=no
  [ ! -L "/etc/systemd/system/$4" ] || w_enabled=yes
  [ "$w_enabled" = "$3" ] || seen "$1" enabled "$w_enabled"
  w_used=no
  ! swap_used "$2" || w_used=yes
  [ "$w_used" = "$3" ] || seen "$1" used "$w_used"
  case $3:$2 in
    no:/dev/*) return 0 ;;
    no:*) [ ! -e "$2" ] || { device_holds "$2"; [ "$v_type" != swap ] || seen "$1" left yes; }; return 0 ;;
  esac
  if [ ! -e "$2" ]; then seen "$1" holds none; return 0; fi
  device_holds "$2"
  if [ "$v_type" != swap ]; then
    case $5 in -) seen "$1" holds "\${v_holds:-nothing}" ;; *) seen "$1" holds "\${v_holds:-a file}" ;; esac
    return 0
  fi
  [ "$5" = - ] || { w_size=$(stat -L -c %s "$2"); [ "$w_size" = "$5" ] || seen "$1" size "$w_size"; }
}
`;

/** A file is written whole, without holes (swapon(8)), and only then gets its name. */
const applyShell = `
swap_make() { # unit path bytes|-
  if [ "$3" = - ]; then
    device_await "$2"
    device_holds "$v_dev"
    [ "$v_type" != swap ] || return 0
    device_blank "$v_dev" "$2"
    mkswap "$v_dev"
    device_settle
    return
  fi
  if [ -e "$2" ] || [ -L "$2" ]; then
    [ -f "$2" ] && [ ! -L "$2" ] || device_refuse "$2 isn't a regular file: it is left as it is"
    device_holds "$2"
    [ "$v_type" = swap ] || device_refuse "$2 is a file that isn't a swap file: it is left as it is"
    [ "$(stat -c %s "$2")" != "$3" ] || return 0
    ! swap_used "$2" || swapoff "$2"
  fi
  mkdir -p "\${2%/*}/"
  w_new=\${2%/*}/.\${2##*/}.provision-new
  rm -f "$w_new"
  ( umask 077; printf '%s\\n' "$w_new" >> "$state/pending"; : > "$w_new" )
  if [ "$(stat -f -c %T "$w_new")" = btrfs ]; then chattr +C "$w_new"; fi
  dd if=/dev/zero of="$w_new" bs=1048576 count=$(($3 / 1048576)) conv=fsync 2>/dev/null || {
    rm -f "$w_new"; echo "there is no room for $2"; return 1
  }
  mkswap "$w_new"
  mv -fT "$w_new" "$2"
}
swap_on() { # unit path
  systemctl enable -- "$1"
  swap_used "$2" || {
    systemctl reset-failed -- "$1" 2>/dev/null || :
    systemctl start -- "$1" || { systemctl status --no-pager -l -n 8 -- "$1" || :; return 1; }
  }
  swap_used "$2" || { echo "$2 isn't used, although its unit started"; return 1; }
}
swap_off() { # unit path
  systemctl disable -- "$1" 2>/dev/null || :
  ! swap_used "$2" || systemctl stop -- "$1" || swapoff "$2"
  ! swap_used "$2" || swapoff "$2"
  case $2 in /dev/*) return 0 ;; esac
  [ -f "$2" ] || return 0
  device_holds "$2"
  [ "$v_type" != swap ] || rm -f -- "$2"
}
`;

export const swapType = defineType({
  name: "swap",
  summary: "A swap file, or a device for swap, used now and at boot by a unit of systemd.",
  example: 'swap("/swapfile", { size: "2GiB" })',
  schema,
  titleKey: "path",
  shell: { read: [deviceShell, readShell], apply: [deviceGuards, applyShell] },
  read,
  diff,
  steps,
  autoRequire: ({ path }) => [...foldersAbove(path), ...(path.startsWith("/dev/") ? producersOf(path) : [])],
  claims: (swap) => ({
    whole: [
      `path:${fileOf(swap).path}`,
      swap.path.startsWith("/dev/") ? `content of device:${swap.path}` : `path:${swap.path}`,
    ],
  }),
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** Swap space: `swap("/swapfile", { size: "2GiB" })`, `swap("/dev/data/swap")`. */
export const swap = declare({ name: "swap", schema, titleKey: "path" });
