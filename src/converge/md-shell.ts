import type { Step } from "./step.ts";

/**
 * What an array's `config` comes down to. The initramfs has a copy of mdadm.conf, from which it learns whose arrays are at
 * home here; an array that is at home anywhere gets its name without.
 */
export const mdSteps = (name: string, homehost: string): readonly Step[] => [
  { kind: "call", function: "md_array_config", words: [name], swaps: {} },
  ...(homehost === "any" ? [] : [{ kind: "call", function: "md_array_initramfs", words: [] } as const]),
];

/** Arrays by their name; sysfs says what they are made of and in which state (md(4)). */
const read = `
md_array_find() { # name: the kernel's name of it, running or not, in $a_md; empty: none
  a_md=
  if [ -b "/dev/md/$1" ]; then a_md=$(readlink -f "/dev/md/$1"); a_md=\${a_md##*/}; return 0; fi
  for a_path in /sys/block/md*/md; do
    [ -d "$a_path" ] || continue
    a_one=\${a_path%/md}; a_one=\${a_one##*/}
    while IFS='=' read -r a_key a_value; do
      case $a_key=$a_value in MD_NAME="$1" | MD_NAME=*:"$1") a_md=$a_one ;; esac
    done <<TOLD
$(mdadm --detail --export "/dev/$a_one" 2>/dev/null)
TOLD
  done
}
md_array_line() { # the kernel's name, name: its line for mdadm.conf, in $a_line
  a_line=
  while IFS='=' read -r a_key a_value; do
    case $a_key in MD_UUID) a_line="ARRAY /dev/md/$2 UUID=$a_value" ;; esac
  done <<TOLD
$(mdadm --detail --export "/dev/$1" 2>/dev/null)
TOLD
}
md_array_conf() { # where this system's mdadm looks, in $a_conf; mdadm.conf(5)
  a_conf=/etc/mdadm/mdadm.conf
  [ -d /etc/mdadm ] || a_conf=/etc/mdadm.conf
}
md_array_missing() { # the kernel's name, members: those that aren't in it, in $a_missing, "-" for one that can't be found
  a_have=$1 a_missing=
  shift
  for a_word in "$@"; do
    if device_of "$a_word" && [ -d "/sys/block/$a_have/md/dev-\${v_dev##*/}" ]; then
      read -r a_state < "/sys/block/$a_have/md/dev-\${v_dev##*/}/state"
      case $a_state in *faulty*) ;; *) continue ;; esac
    fi
    a_missing="$a_missing $a_word"
  done
  a_missing=\${a_missing# }
}
md_array_seen() { # id name level config members
  a_id=$1 a_name=$2 a_level=$3 a_config=$4
  shift 4
  md_array_find "$a_name"
  if [ -n "$a_md" ] && [ -r "/sys/block/$a_md/md/array_state" ]; then
    read -r a_state < "/sys/block/$a_md/md/array_state"
    case $a_state in inactive | clear) a_md= ;; esac
  fi
  if [ -z "$a_md" ]; then md_array_unmade "$@"; [ "$a_config" = no ] || seen "$a_id" config missing; return 0; fi
  read -r a_found < "/sys/block/$a_md/md/level"
  [ "$a_found" = "$a_level" ] || seen "$a_id" level "$a_found"
  read -r a_found a_rest < "/sys/block/$a_md/md/raid_disks"
  [ "$a_found" = "$#" ] || seen "$a_id" count "$a_found"
  md_array_missing "$a_md" "$@"
  [ -z "$a_missing" ] || seen "$a_id" missing "$a_missing"
  if [ "$a_config" = yes ]; then
    md_array_line "$a_md" "$a_name"; md_array_conf
    grep -q -x -F -e "$a_line" "$a_conf" 2>/dev/null || seen "$a_id" config missing
  fi
}
md_array_unmade() { # members: is there one that only has to be started, or something else?
  a_holds= a_own=0
  for a_word in "$@"; do
    device_of "$a_word" || continue
    device_holds "$v_dev"
    if md_array_own "$a_name"; then a_own=$((a_own + 1))
    elif [ -n "$v_holds" ]; then a_holds="$a_holds, $a_word holds $v_holds"; fi
  done
  if [ "$a_own" -gt 0 ]; then seen "$a_id" stopped yes; else seen "$a_id" absent yes; fi
  [ -z "$a_holds" ] || seen "$a_id" holds "\${a_holds#, }"
}
md_array_own() { # name: is what device_holds saw a member of the array of this name?
  [ "$v_type" = linux_raid_member ] || return 1
  case $v_label in "$1" | *:"$1") return 0 ;; *) return 1 ;; esac
}
`;

/**
 * Never --assume-clean, never --force. Who judges a member is libblkid, before mdadm is asked: mdadm --run takes what it
 * finds for granted. A member that was in the array goes back by --re-add, which the superblock has to allow.
 */
const apply = `
md_array_make() { # name level metadata chunk|- homehost rebuild members
  a_name=$1 a_level=$2 a_metadata=$3 a_chunk=$4 a_homehost=$5 a_rebuild=$6
  shift 6
  md_array_find "$a_name"
  a_state=
  [ -z "$a_md" ] || read -r a_state < "/sys/block/$a_md/md/array_state"
  case $a_state in
    '' | inactive | clear) md_array_begin "$@" ;;
    *) md_array_check "$@" ;;
  esac
  device_settle
  md_array_find "$a_name"
  [ -n "$a_md" ] || { echo "the array $a_name isn't there"; return 1; }
}
md_array_begin() { # members: start it if it exists, else make it of blank ones
  a_devices=' ' a_own=0 a_count=$#
  for a_word in "$@"; do
    device_await "$a_word"
    case $a_devices in *" $v_dev "*) device_refuse "$a_word is $v_dev, which another member is already" ;; esac
    a_devices="$a_devices$v_dev "
    device_holds "$v_dev"
    ! md_array_own "$a_name" || a_own=$((a_own + 1))
  done
  if [ "$a_own" -gt 0 ]; then
    [ -z "$a_md" ] || mdadm --stop "/dev/$a_md"
    mdadm --assemble --run "/dev/md/$a_name" $a_devices
    return
  fi
  for a_word in "$@"; do device_of "$a_word"; device_blank "$v_dev" "$a_word"; done
  set -- --level="\${a_level#raid}" --raid-devices="$a_count" --metadata="$a_metadata" --homehost="$a_homehost" --name="$a_name"
  [ "$a_chunk" = - ] || set -- "$@" --chunk="$a_chunk"
  mdadm --create "/dev/md/$a_name" --run "$@" $a_devices
}
md_array_check() { # members: what runs is left as it is, but for a member that is missing and may be put in
  read -r a_found < "/sys/block/$a_md/md/level"
  [ "$a_found" = "$a_level" ] || device_refuse "/dev/md/$a_name is $a_found, not $a_level: it is left as it is"
  read -r a_found a_rest < "/sys/block/$a_md/md/raid_disks"
  [ "$a_found" = "$#" ] || device_refuse "/dev/md/$a_name has $a_found members, not $#: it isn't reshaped"
  md_array_missing "$a_md" "$@"
  [ -n "$a_missing" ] || return 0
  [ "$a_rebuild" = yes ] || device_refuse "/dev/md/$a_name is without $a_missing; with rebuild: true a blank one is put in"
  read -r a_found < "/sys/block/$a_md/md/degraded"
  [ "$a_found" != 0 ] || device_refuse "/dev/md/$a_name is complete with other members than $a_missing: correct the list"
  for a_word in $a_missing; do md_array_add "$a_word"; done
}
md_array_add() { # member
  device_await "$1"
  device_holds "$v_dev"
  if md_array_own "$a_name"; then
    if [ -d "/sys/block/$a_md/md/dev-\${v_dev##*/}" ]; then
      device_refuse "$1 ($v_dev) failed in /dev/md/$a_name: it isn't put back by itself"
    fi
    mdadm --manage "/dev/$a_md" --re-add "$v_dev" || device_refuse "$1 ($v_dev) was in /dev/md/$a_name, which doesn't take it back"
    return
  fi
  device_blank "$v_dev" "$1"
  mdadm --manage "/dev/$a_md" --add "$v_dev"
}
md_array_config() { # name: its line stands in mdadm.conf once
  md_array_find "$1"
  md_array_line "$a_md" "$1"
  [ -n "$a_line" ] || { echo "mdadm doesn't tell the UUID of $1"; return 1; }
  md_array_conf
  ! grep -q -x -F -e "$a_line" "$a_conf" 2>/dev/null || return 0
  beside "$a_conf"
  if [ -e "$a_conf" ]; then grep -v -e "^ARRAY  */dev/md/$1 " -e "^ARRAY .*\${a_line##* }" "$a_conf" || :; fi > "$p_new"
  printf '%s\\n' "$a_line" >> "$p_new"
  chmod 0644 "$p_new"
  : > "$work/mdadm.conf.changed"
  swap_in "$p_new" "$a_conf" "$check" "$commit"
}
md_array_initramfs() {
  [ -e "$work/mdadm.conf.changed" ] || return 0
  rm "$work/mdadm.conf.changed"
  if command -v update-initramfs >/dev/null 2>&1; then update-initramfs -u
  elif command -v dracut >/dev/null 2>&1; then dracut --force; fi
}
`;

export const mdShell = { read, apply };
