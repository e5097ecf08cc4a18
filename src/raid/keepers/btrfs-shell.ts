/** btrfs's part of a disk's replacement; needs `actShell` and `deviceShell`. Variables begin with b_. */
export const btrfsShell = `
b_look() { # mount point: what btrfs says of its devices, in $b_show, and of its block groups, in $b_groups
  have btrfs || refuse no-tool 'btrfs is not there'
  b_show=$(btrfs filesystem show --raw "$1" 2>/dev/null) || refuse no-pool "no btrfs is mounted at $1"
  b_groups=$(btrfs filesystem df -b "$1" 2>/dev/null | sed -n 's/^\\([A-Za-z+]*\\), \\([A-Za-z0-9]*\\): total=\\([0-9]*\\),.*/\\1 \\2 \\3/p')
}
b_device() { # devid: its path, in $b_path; empty: missing; 1 if there is no such device
  b_path=
  b_row=$(printf '%s\\n' "$b_show" | grep -E "^[[:blank:]]*devid +$1 ") || return 1
  case $b_row in *MISSING*) return 0 ;; esac
  b_path=\${b_row##* path }
}
b_profiles() { # parts with one copy, in $b_single; the profiles with more, in $b_data and $b_meta; RAID5 and RAID6 are some
  b_single= b_data= b_meta= b_thin_data= b_thin_meta=
  while read -r b_1 b_2 b_3; do
    [ -n "$b_1" ] && [ "$b_1" != GlobalReserve ] && [ "$b_3" != 0 ] || continue
    case $b_1 in Data*) b_kind=data ;; *) b_kind=meta ;; esac
    case $b_kind-$b_2 in
      data-RAID1* | data-RAID5 | data-RAID6) b_data=$b_2 ;;
      meta-RAID1* | meta-RAID5 | meta-RAID6) b_meta=$b_2 ;;
      data-*) b_single="$b_single$b_1 is $b_2; " b_thin_data=yes ;;
      *) b_single="$b_single$b_1 is $b_2; " b_thin_meta=yes ;;
    esac
  done <<GROUPS
$b_groups
GROUPS
}
b_missing() { # devid: another one that isn't there, in $b_other
  b_other=
  for b_id in $(printf '%s\\n' "$b_show" | sed -n 's/^[[:blank:]]*devid  *\\([0-9]*\\) .*/\\1/p'); do
    [ "$b_id" != "$1" ] || continue
    b_device "$b_id"
    if [ -n "$b_path" ]; then k_owner "$b_path"; [ -n "$d_text" ] || [ -e "/sys/class/block/\${b_path##*/}" ] || b_path=; fi
    [ -n "$b_path" ] || b_other="devid $b_id"
  done
  case $b_show in *'Some devices missing'*) b_other=\${b_other:-one of its devices} ;; esac
}
b_running() { # mount point: how far a replace is, in $b_share; 1 if none runs
  b_share=$(btrfs replace status -1 "$1" 2>/dev/null)
  case $b_share in *'% done'* | *suspended*) return 0 ;; esac
  return 1
}
b_leave() { # mount point, devid, serial
  b_look "$1"
  b_device "$2" || refuse no-member "the btrfs at $1 has no device $2"
  [ -n "$b_path" ] || { say absent; return 0; }
  k_owner "$b_path"
  [ -n "$d_text" ] || [ -e "/sys/class/block/\${b_path##*/}" ] || { say absent; return 0; }
  [ -z "$3" ] || k_same "$b_path" "$3"
  b_own=$b_path
  ! b_running "$1" || refuse not-finished "a replace runs on $1: $b_share"
  b_profiles
  [ -n "$b_data$b_meta" ] && [ -z "$b_single" ] || refuse last-copy "a part of the btrfs at $1 has one copy only: \${b_single:-all of it}"
  b_missing "$2"
  [ -z "$b_other" ] || refuse last-copy "$b_other of the btrfs at $1 is missing already"
  sync
  say ready "$b_own"
}
b_join() { # mount point, devid, new serial, partition, old serial
  d_place "$3" "$4"
  b_new=$d_dev
  b_look "$1"
  if b_running "$1"; then say running "$b_share"; return 0; fi
  for b_path in /sys/fs/btrfs/*/devices/"$b_new"; do [ ! -e "$b_path" ] || { say already "$b_new"; return 0; }; done
  b_device "$2" || refuse no-member "the btrfs at $1 has no device $2"
  if [ -n "$b_path" ]; then
    k_owner "$b_path"
    [ -z "$d_text" ] || [ -z "$5" ] || [ "$d_text" = "$5" ] || refuse moved "device $2 of $1 is on the disk $d_text, not on $5"
  fi
  u_free "$b_new" "the new disk $3"
  k_steady "$b_new"
  must btrfs replace start -r "$2" "$k_link" "$1"
  say replacing "$2" "$k_link"
}
b_finish() { # mount point
  ! b_running "$1" || refuse not-finished "a replace runs on $1: $b_share"
  b_look "$1"
  b_missing 0
  [ -z "$b_other" ] || refuse not-finished "$b_other of the btrfs at $1 is missing"
  b_profiles
  [ -n "$b_single" ] || { say whole; return 0; }
  [ -n "$b_data$b_meta" ] || refuse no-pool "nothing on the btrfs at $1 has two copies: $b_single"
  ! btrfs balance status "$1" 2>/dev/null | grep -q 'is running' || { say balancing; return 0; }
  b_mount=$1
  set --
  [ -z "$b_thin_data" ] || set -- "$@" "-dconvert=$(b_small "\${b_data:-$b_meta}"),soft"
  [ -z "$b_thin_meta" ] || set -- "$@" "-mconvert=$(b_small "\${b_meta:-RAID1}"),soft"
  must btrfs balance start --background "$@" "$b_mount"
  say balancing "$@"
}
b_small() { printf '%s' "$1" | tr 'A-Z' 'a-z'; }
`;
