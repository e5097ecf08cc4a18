/** ZFS's part of a disk's replacement; needs `actShell` and `deviceShell`. Variables begin with z_. */
export const zfsShell = `
z_row() { # pool guid: its row's number in $z_line, its device in $z_device, its state in $z_state; 1 if it isn't in the pool
  z_device= z_state= z_line=
  have zpool || refuse no-tool 'zpool is not there'
  z_all=$(zpool status -g -P "$1" 2>/dev/null) || refuse no-pool "there is no ZFS pool $1"
  z_line=$(printf '%s\\n' "$z_all" | grep -n -E "^[[:blank:]]*$2([[:blank:]]|$)" | head -n 1); z_line=\${z_line%%:*}
  [ -n "$z_line" ] || return 1
  set -- $(zpool status -P "$1" | sed -n "\${z_line}p")
  z_device=\${1:-} z_state=\${2:-}
}
z_others() { # guid, pool: none but it is out
  z_bad=$(zpool status -g -P "$2" | sed '1,/^[[:blank:]]*NAME /d' | while read -r z_1 z_2 z_3; do
    case $z_1 in errors: | logs | cache) break ;; esac
    [ "$z_1" != "$1" ] || continue
    case $z_2 in FAULTED | OFFLINE | REMOVED | UNAVAIL) printf '%s is %s; ' "$z_1" "$z_2" ;; esac
    case $z_3 in *resilvering*) printf '%s is being filled; ' "$z_1" ;; esac
  done)
}
z_parity() { # pool: may two be out? Only where every vdev has that much parity
  z_all=$(zpool status "$1")
  printf '%s\\n' "$z_all" | grep -q -E '^[[:blank:]]*(raidz|draid)[23][-:]' || return 1
  ! printf '%s\\n' "$z_all" | grep -q -E '^[[:blank:]]*(mirror-|raidz1?-|draid1?[-:]|replacing-|spare-)'
}
z_leave() { # pool guid serial
  z_row "$1" "$2" || refuse no-member "$2 is not in the ZFS pool $1"
  case $z_state in
    OFFLINE | REMOVED | UNAVAIL) say absent; return 0 ;;
    ONLINE | DEGRADED | FAULTED) ;;
    *) refuse no-member "$2 of $1 is $z_state" ;;
  esac
  [ -z "$3" ] || case $z_device in /*) k_same "$z_device" "$3" ;; esac
  z_others "$2" "$1"
  [ -z "$z_bad" ] || z_parity "$1" || refuse last-copy "the ZFS pool $1 can't spare $2: $z_bad"
  must zpool offline "$1" "$2"
  z_row "$1" "$2" || stop "$2 has left $1"
  [ "$z_state" = OFFLINE ] || stop "$2 of $1 is $z_state after zpool offline"
  say offlined "$2"
}
z_holds() { # pool, kernel name: it is a member already
  zpool status -L -P "$1" | grep -q -E "^[[:blank:]]*/dev/$2([[:blank:]]|$)"
}
z_join() { # pool guid serial partition: never "zpool add", which can't be undone
  d_place "$3" "$4"
  z_new=$d_dev
  have zpool || refuse no-tool 'zpool is not there'
  if z_holds "$1" "$z_new" || { [ "$4" = 0 ] && d_part "$z_new" 1 && z_holds "$1" "$d_dev"; }; then
    say already "$z_new"
    return 0
  fi
  z_row "$1" "$2" || refuse no-member "$2 is not in the ZFS pool $1"
  [ "$z_state" != ONLINE ] || { k_owner "$z_device"; [ "$d_text" != "$3" ] || refuse same-disk "$3 is in $1 already"; }
  u_free "$z_new" "the new disk $3"
  k_steady "$z_new"
  must zpool replace "$1" "$2" "$k_link"
  say replacing "$2" "$k_link"
}
z_start() { # new serial, survivor's: proxmox-boot-tool(8); its partition is the EFI system partition, by type
  have proxmox-boot-tool || { say none; return 0; }
  proxmox-boot-tool status >/dev/null 2>&1 || { say none; return 0; }
  d_find "$1"
  z_disk=$d_disk z_esp=
  for z_path in "/sys/block/$z_disk"/*/partition; do
    [ -e "$z_path" ] || continue
    z_path=\${z_path%/partition}
    z_type=$(lsblk -dno PARTTYPE "/dev/\${z_path##*/}" 2>/dev/null | tr 'A-F' 'a-f')
    [ "$z_type" != c12a7328-f81f-11d2-ba4b-00a0c93ec93b ] || z_esp=\${z_path##*/}
  done
  [ -n "$z_esp" ] || { say none; return 0; }
  z_uuid=$(lsblk -dno UUID "/dev/$z_esp")
  if [ -z "$z_uuid" ]; then
    u_free "$z_esp" "the new disk $1"
    must proxmox-boot-tool format "/dev/$z_esp"
  fi
  must proxmox-boot-tool init "/dev/$z_esp"
  must proxmox-boot-tool clean
  say boots "$z_esp"
}
`;
