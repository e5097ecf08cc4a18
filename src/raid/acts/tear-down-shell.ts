/**
 * What assembled itself on a disk that somebody used before: arrays, volume groups, partitions of arrays. Taken apart only
 * if it stands on this disk alone. Variables begin with t_.
 */
export const tearDownShell = `
t_alone() { # what stands on the disk $1 stands on nothing else
  u_tree "$1"
  for t_node in $u_tree; do
    for t_path in "/sys/class/block/$t_node"/slaves/*; do
      [ -e "$t_path" ] || continue
      case " $u_tree " in
        *" \${t_path##*/} "*) ;;
        *) refuse disk-in-use "$t_node on the disk $1 stands on \${t_path##*/}, too" ;;
      esac
    done
  done
}
t_describe() { # disk: whatever is found on it and on what stands on it, as lines; their number in $t_found
  t_found=0
  u_tree "$1"
  for t_node in $u_tree; do
    [ -b "/dev/$t_node" ] || continue
    t_lines=$(blkid -p -o export -- "/dev/$t_node" 2>/dev/null) && t_rc=0 || t_rc=$?
    t_text=$(printf '%s\\n' "$t_lines" | sed -n -e 's/^TYPE=//p' -e 's/^LABEL=/label /p' -e 's/^PTTYPE=/table /p' | tr '\\n' ' ')
    case $t_rc in 0 | 2) ;; *) t_text='something that blkid cannot tell ' ;; esac
    [ -n "$t_text" ] || continue
    t_found=$((t_found + 1))
    say found "$t_node" "\${t_text% }"
  done
}
t_down() { # disk: nothing stands on it any more; t_alone and u_idle said that it may go
  t_base=$1
  t_left=5
  while :; do
    u_tree "$t_base"
    t_order=
    for t_node in $u_tree; do t_order="$t_node $t_order"; done
    t_standing=
    for t_node in $t_order; do
      case $t_node in
        dm-*) t_standing=yes; u_number "$t_node"; dmsetup remove -j "\${u_number%:*}" -m "\${u_number#*:}" >&2 || : ;;
        md*) [ ! -d "/sys/block/$t_node/md" ] || { t_standing=yes; mdadm --stop "/dev/$t_node" >&2 || :; } ;;
      esac
    done
    [ -n "$t_standing" ] || return 0
    settle
    t_left=$((t_left - 1))
    [ "$t_left" -gt 0 ] || stop "what stands on $t_base doesn't end: $u_tree"
    sleep 0.5
  done
}
t_inactive() { # disk: arrays that aren't started have no holders: by their members, md(4)
  for t_path in /sys/block/md*/md; do
    [ -d "$t_path" ] || continue
    t_mine=no t_others=
    for t_dev in "$t_path"/dev-*; do
      [ -e "$t_dev" ] || continue
      t_name=\${t_dev##*/dev-}
      d_whole "$t_name"
      if [ "$d_disk" = "$1" ]; then t_mine=yes; else t_others="$t_others \${t_name}"; fi
    done
    [ "$t_mine" = yes ] || continue
    t_md=\${t_path%/md}; t_md=\${t_md##*/}
    [ -z "$t_others" ] || refuse disk-in-use "$t_md on the disk $1 stands on$t_others, too"
    disk_line "$t_path/array_state"
    case $d_text in inactive | clear) must mdadm --stop "/dev/$t_md" ;; esac
  done
}
t_erase() { # kernel name: it holds nothing any more. Never by force: wipefs itself refuses what is in use
  t_type=$(blkid -p -s TYPE -o value -- "/dev/$1" 2>/dev/null) || t_type=
  case $t_type in
    linux_raid_member) must mdadm --zero-superblock "/dev/$1" ;;
    zfs_member) ! have zpool || zpool labelclear -f "/dev/$1" >&2 || : ;;
  esac
  t_left=5
  until wipefs -a "/dev/$1" >&2; do
    t_left=$((t_left - 1))
    [ "$t_left" -gt 0 ] || stop "wipefs can't clear $1"
    settle; sleep 0.5
    t_down "$2"
  done
}
`;
