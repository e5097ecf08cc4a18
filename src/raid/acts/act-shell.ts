import { diskShell } from "../../disk-shell.ts";

/**
 * What every act begins with. Variables begin with d_ (disks), a_ (arrays) or u_ (use). No function here changes anything.
 * Who a disk is comes from sysfs and is looked up right before it is touched, in the same execution: kernel names change.
 */
export const actShell = `${diskShell}
set -u
LC_ALL=C PATH=/usr/local/sbin:/usr/sbin:/sbin:\${PATH:-/usr/bin:/bin}
export LC_ALL PATH
umask 022
refuse() { # code words: ends the act, with nothing done
  printf '@refuse %s\\n' "$(printf '%s' "$*" | tr '\\n' ' ')"
  exit 3
}
say() { printf '%s\\n' "$*"; }
stop() { printf '%s\\n' "$*" >&2; exit 1; }
must() { # command: its words go to stderr; ends the act if it fails
  "$@" >&2 || stop "$1 ended with $?: $*"
}
have() { command -v "$1" >/dev/null 2>&1; }
settle() { [ ! -S /run/udev/control ] || udevadm settle --timeout=30 >&2 || :; }
d_look() { # serial: the disk's kernel name at this moment, in $d_disk; 1 if it isn't there
  d_disk=
  [ -n "$1" ] || refuse no-serial 'a disk without a serial number is never touched'
  for d_path in /sys/block/*; do
    [ -e "$d_path/device" ] || continue
    disk_line "$d_path/hidden"
    [ "$d_text" != 1 ] || continue
    disk_serial "\${d_path##*/}"
    [ "$d_text" = "$1" ] || continue
    [ -z "$d_disk" ] || refuse ambiguous-disk "$d_disk and \${d_path##*/} both have the serial number $1"
    d_disk=\${d_path##*/}
  done
  [ -n "$d_disk" ]
}
d_find() { # serial: as d_look, and it must be there
  d_look "$1" || refuse no-disk "there is no disk with the serial number $1"
  [ -b "/dev/$d_disk" ] || refuse no-disk "the disk $1 is $d_disk, which has no node in /dev"
}
d_still() { # kernel name, serial: it is the same disk as before; asked right before something is written
  disk_serial "$1"
  [ "$d_text" = "$2" ] || refuse moved "$1 was the disk $2 and isn't any more"
}
d_part() { # disk, number: the partition's kernel name, in $d_dev; 0: the disk itself; 1 if there is none
  d_dev=
  if [ "$2" = 0 ]; then d_dev=$1; return 0; fi
  for d_path in "/sys/block/$1"/*; do
    [ -r "$d_path/partition" ] || continue
    read -r d_text < "$d_path/partition"
    [ "$d_text" != "$2" ] || { d_dev=\${d_path##*/}; return 0; }
  done
  return 1
}
d_place() { # serial, number: both must be there; in $d_disk and $d_dev
  d_find "$1"
  d_part "$d_disk" "$2" || refuse no-partition "the disk $1 ($d_disk) has no partition $2"
  [ -b "/dev/$d_dev" ] || refuse no-partition "partition $2 of the disk $1 is $d_dev, which has no node in /dev"
}
d_bytes() { # kernel name: its size, in $d_size; sysfs counts in 512 bytes throughout
  read -r d_size < "/sys/class/block/$1/size"
  d_size=$((d_size * 512))
}
d_whole() { # kernel name of a partition or disk: the disk's, in $d_disk
  d_disk=$1
  [ ! -e "/sys/class/block/$1/partition" ] || { d_disk=$(readlink -f "/sys/class/block/$1/.."); d_disk=\${d_disk##*/}; }
}
u_number() { # kernel name: major:minor, in $u_number
  u_number=none
  [ ! -r "/sys/class/block/$1/dev" ] || read -r u_number < "/sys/class/block/$1/dev"
}
u_used() { # kernel name: who uses it, not counting what stands on it, in $u_used; empty: nobody
  u_used=
  u_number "$1"
  while read -r u_1 u_2 u_3 u_4 u_where u_rest; do
    [ "$u_3" != "$u_number" ] || u_used="mounted at $u_where"
    case "$u_rest " in *" - "*" /dev/$1 "*) u_used="mounted at $u_where" ;; esac
  done < /proc/self/mountinfo
  while read -r u_where u_rest; do [ "$u_where" != "/dev/$1" ] || u_used='used as swap'; done < /proc/swaps
  for u_where in /sys/fs/btrfs/*/devices/"$1"; do [ ! -e "$u_where" ] || u_used='part of a mounted btrfs'; done
}
u_tree() { # kernel name: it, its partitions and whatever stands on them, in $u_tree, lowest first
  u_tree=$1 u_todo=$1
  while [ -n "$u_todo" ]; do
    u_next=
    for u_one in $u_todo; do
      for u_path in "/sys/class/block/$u_one"/*/partition; do
        [ ! -e "$u_path" ] || { u_path=\${u_path%/partition}; u_add "\${u_path##*/}"; }
      done
      for u_path in "/sys/class/block/$u_one"/holders/*; do [ ! -e "$u_path" ] || u_add "\${u_path##*/}"; done
    done
    u_todo=$u_next
  done
}
u_add() { case " $u_tree " in *" $1 "*) ;; *) u_tree="$u_tree $1" u_next="$u_next $1" ;; esac; }
u_idle() { # kernel name, words: neither it nor what stands on it is used by anybody
  u_tree "$1"
  for u_node in $u_tree; do
    u_used "$u_node"
    [ -z "$u_used" ] || refuse disk-in-use "$2: $u_node is $u_used"
  done
}
u_free() { # kernel name, words: as u_idle, and nothing stands on it or its partitions
  u_idle "$1" "$2"
  for u_node in $u_tree; do
    for u_path in "/sys/class/block/$u_node"/holders/*; do
      [ ! -e "$u_path" ] || refuse disk-in-use "$2: $u_node is held by \${u_path##*/}"
    done
  done
}
`;
