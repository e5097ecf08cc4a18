import { z } from "zod";
import { diskShell } from "../disk-shell.ts";

/** Forms and shell that the types of disks share. */

const devicePath = /^\/dev(\/[A-Za-z0-9:+@._-]+)+$/;
const serialNumber = /^[A-Za-z0-9][A-Za-z0-9:+@._-]*$/;

/** A path, or better a serial number or WWN: the kernel's names change from boot to boot. */
export const deviceWord = z
  .string()
  .refine(
    (word) => (word.startsWith("/") ? devicePath : serialNumber).test(word) && !word.includes("/../"),
    "must be a path below /dev, or a disk's serial number or WWN, with -partN for a partition of it",
  );

const unitMiB = { MiB: 1, GiB: 1024, TiB: 1024 ** 2 } as const;

/** `512MiB`, `10GiB`, `2TiB` */
export const sizeWord = z
  .string()
  .regex(/^[1-9]\d*(MiB|GiB|TiB)$/, "must be whole MiB, GiB or TiB, as 512MiB")
  .refine((size) => mebibytes(size) <= 2 ** 33, "is more than any disk has");

export function mebibytes(size: string): number {
  const [, count = "0", unit = "MiB"] = /^(\d+)(MiB|GiB|TiB)$/.exec(size) ?? [];
  return Number(count) * unitMiB[unit as keyof typeof unitMiB];
}

/** The disk of a partition and its number: `S3YANX0A0001-part1`, `/dev/sda1`, `/dev/nvme0n1p1`, `/dev/disk/by-id/…-part1`. */
export function partitionOf(word: string): { readonly disk: string; readonly number: number } | undefined {
  const forms = [/^(.+)-part(\d+)$/, /^(\/dev\/.*\d)p(\d+)$/, /^(\/dev\/[a-z]+)(\d+)$/];
  const found = forms.map((form) => form.exec(word)).find(Boolean);
  return found ? { disk: found[1] as string, number: Number(found[2]) } : undefined;
}

/** Resources that may make this device. */
export function producersOf(word: string): string[] {
  const [, first, second] = /^\/dev\/([^/]+)\/([^/]+)$/.exec(word) ?? [];
  const made = first === "md" ? [`md_array[${second}]`] : first ? [`lvm_volume[${first}/${second}]`] : [];
  return [`partition[${word}]`, ...made];
}

/** What a plan says where nothing is done to what is there. */
export const refused = (wanted: string, why: string) => `${wanted} (refused: ${why})`;

/**
 * Variables begin with v_. Who judges what a device holds is libblkid's low-level probe, which never answers from a cache;
 * where it isn't sure, the device isn't empty.
 */
export const deviceShell = `${diskShell}
device_of() { # path; or serial or WWN, with -partN for a partition: the kernel's name for it at this moment, in $v_dev
  v_dev=
  case $1 in
    /dev/*) v_dev=$(readlink -f "$1"); [ -b "$v_dev" ] && return 0; v_dev=; return 1 ;;
  esac
  v_disk=$1 v_number=
  case $1 in *-part[0-9] | *-part[0-9][0-9] | *-part[0-9][0-9][0-9]) v_number=\${1##*-part} v_disk=\${1%-part*} ;; esac
  v_found=
  for v_path in /sys/block/*; do
    [ -e "$v_path/device" ] || continue
    v_name=\${v_path##*/}
    disk_serial "$v_name"
    if [ "$d_text" != "$v_disk" ]; then
      disk_wwn "$v_name"
      [ -n "$d_text" ] && [ "$d_text" = "\${v_disk#0x}" ] || continue
    fi
    [ -z "$v_found" ] || return 1
    v_found=$v_name
  done
  [ -n "$v_found" ] || return 1
  if [ -n "$v_number" ]; then
    device_part "/sys/block/$v_found" "$v_number"
    v_found=\${v_part##*/}
  fi
  [ -n "$v_found" ] && [ -b "/dev/$v_found" ] || return 1
  v_dev=/dev/$v_found
}
device_part() { # the disk's folder in sysfs, number: the partition's folder, or nothing, in $v_part
  for v_part in "$1"/*; do
    [ -r "$v_part/partition" ] || continue
    read -r v_read < "$v_part/partition"
    [ "$v_read" != "$2" ] || return 0
  done
  v_part=
}
device_sys() { # device: its folder in sysfs, in $v_sys
  v_numbers=$(stat -L -c '%t:%T' -- "$1") || return 1
  v_numbers=$((0x\${v_numbers%:*})):$((0x\${v_numbers#*:}))
  v_sys=$(readlink -f "/sys/dev/block/$v_numbers")
  [ -d "$v_sys" ]
}
device_holds() { # device: what is on it, for people, in $v_holds; empty: nothing that anybody knows
  v_holds= v_type= v_label= v_uuid= v_table= v_entry= v_entry_name= v_scheme=
  v_told=$(blkid -p -o export -- "$1" 2>/dev/null) && v_rc=0 || v_rc=$?
  case $v_rc in
    0) ;;
    2) return 0 ;;
    8) v_holds='several signatures'; return 0 ;;
    *) v_holds="something that blkid can't tell (it ended with $v_rc)"; return 0 ;;
  esac
  while IFS='=' read -r v_key v_value; do
    case $v_key in
      TYPE) v_type=$v_value ;;
      LABEL) v_label=$v_value ;;
      UUID) v_uuid=$v_value ;;
      PTTYPE) v_table=$v_value ;;
      PART_ENTRY_TYPE) v_entry=$v_value ;;
      PART_ENTRY_NAME) v_entry_name=$v_value ;;
      PART_ENTRY_SCHEME) v_scheme=$v_value ;;
    esac
  done <<TOLD
$v_told
TOLD
  [ -z "$v_type" ] || v_holds="$v_type\${v_label:+ \\"$v_label\\"}"
  [ -z "$v_table" ] || v_holds="\${v_holds:+$v_holds and }a partition table ($v_table)"
}
`;

/** Its functions end the step, with what was found as its last words. */
export const deviceGuards = `
device_refuse() { echo "$*"; because device-refused; exit 1; }
device_settle() { [ ! -S /run/udev/control ] || udevadm settle --timeout=30 || :; }
device_await() { # word: as soon as it is there, in $v_dev
  v_left=25
  until device_of "$1"; do
    v_left=$((v_left - 1))
    [ "$v_left" -gt 0 ] || device_refuse "there is no device $1, or more than one"
    sleep 0.2
  done
}
device_used() { # device: by whom, it or a part of it, in $v_used
  v_used=
  device_sys "$1" || return 0
  for v_folder in "$v_sys" "$v_sys"/*; do
    [ -r "$v_folder/dev" ] || continue
    for v_holder in "$v_folder"/holders/*; do [ ! -e "$v_holder" ] || v_used="held by \${v_holder##*/}"; done
    read -r v_numbers < "$v_folder/dev"
    while read -r v_1 v_2 v_mounted v_4 v_where v_rest; do
      [ "$v_mounted" != "$v_numbers" ] || v_used="mounted at $v_where"
    done < /proc/self/mountinfo
    while read -r v_where v_rest; do
      [ "$v_where" != "/dev/\${v_folder##*/}" ] || v_used='used as swap'
    done < /proc/swaps
  done
}
device_blank() { # device word: nothing on it, and nobody has it
  device_holds "$1"
  [ -z "$v_holds" ] || device_refuse "$2 ($1) holds $v_holds: it is left as it is. If that can go: wipefs -a $1"
  device_used "$1"
  [ -z "$v_used" ] || device_refuse "$2 ($1) is $v_used: it is left as it is"
}
`;
