/**
 * Arrays by their UUID, judged from sysfs: md(4), the kernel's Documentation/admin-guide/md.rst. Variables begin with a_.
 * The kernel's own refusal to fail a last copy breaks the array (every write is an I/O error from then on, and on RAID 5
 * the member fails nevertheless): who wants to fail one asks `a_spares` before, and sends nothing if it says no.
 */
export const arrayShell = `
a_bare() { a_text=$(printf '%s' "$1" | tr -d ':-' | tr 'A-F' 'a-f'); }
a_uuid_is() { # kernel name, UUID without punctuation
  disk_line "/sys/block/$1/md/uuid"; a_bare "$d_text"
  [ "$a_text" != "$2" ] || return 0
  disk_udev "$1" MD_UUID; a_bare "$d_text"
  [ "$a_text" != "$2" ] || return 0
  a_bare "$(mdadm --detail --export "/dev/$1" 2>/dev/null | sed -n 's/^MD_UUID=//p')"
  [ "$a_text" = "$2" ]
}
a_look() { # UUID: the array's kernel name at this moment, in $a_md; 1 if it doesn't run
  a_md=
  [ -n "$1" ] || refuse no-array 'an array without a UUID is never touched'
  for a_path in /sys/block/md*/md; do
    [ -d "$a_path" ] || continue
    a_one=\${a_path%/md}; a_one=\${a_one##*/}
    a_uuid_is "$a_one" "$1" || continue
    [ -z "$a_md" ] || refuse ambiguous-array "$a_md and $a_one both have the UUID $1"
    a_md=$a_one
  done
  [ -n "$a_md" ]
}
a_find() { # UUID: as a_look, and it must run
  a_look "$1" || refuse no-array "no array with the UUID $1 runs here"
  a_dir=/sys/block/$a_md/md
  disk_line "$a_dir/array_state"; a_state=$d_text
  case $a_state in inactive | clear) refuse array-inactive "$a_md is $a_state" ;; esac
}
a_sound() { # it isn't in the state in which the kernel refuses writes and lies about what it did
  case $a_state in broken) refuse array-broken "$a_md is broken: it must be stopped and assembled again first" ;; esac
}
a_settled() { # no sync that moves data is under way
  disk_line "$a_dir/sync_action"
  case $d_text in resync | recover | reshape) refuse array-busy "$a_md is at a $d_text: wait for its end" ;; esac
}
a_member() { # kernel name: its slot, in $a_slot (empty: none), and its states between commas, in $a_states; 1 if it is no member
  a_slot= a_states=,
  [ -d "$a_dir/dev-$1" ] || return 1
  disk_line "$a_dir/dev-$1/slot"; a_slot=$d_text
  disk_line "$a_dir/dev-$1/state"; a_states=,$d_text,
  case $a_slot in none) a_slot= ;; esac
  return 0
}
a_others() { # slot: the others that are in sync and really there, in $a_others; the word "gone" is for a disk that md misses not yet
  a_others=' ' a_count=0
  for a_path in "$a_dir"/dev-*; do
    a_member "\${a_path##*/dev-}" || continue
    [ -n "$a_slot" ] && [ "$a_slot" != "$1" ] && [ -e "$a_path/block/dev" ] || continue
    case $a_states in *,faulty,* | *,journal,*) continue ;; *,in_sync,*) ;; *) continue ;; esac
    case $a_others in *" $a_slot "*) ;; *) a_others="$a_others$a_slot " a_count=$((a_count + 1)) ;; esac
  done
}
a_spares() { # kernel name of a member: is all data still there without it? If not, $a_why says why
  a_why=
  a_member "$1" || return 0
  case $a_states in *,journal,*) a_why='it is the journal'; return 1 ;; *,faulty,*) return 0 ;; *,in_sync,*) ;; *) return 0 ;; esac
  a_own=$a_slot
  disk_line "$a_dir/level"; a_level=$d_text
  disk_line "$a_dir/raid_disks"; a_disks=\${d_text%% *}
  disk_line "$a_dir/layout"; a_layout=\${d_text%% *}
  a_others "$a_own"
  case $a_level in
    raid1) [ "$a_count" -ge 1 ] || a_why='no other copy is in sync' ;;
    raid4 | raid5) [ "$a_count" -ge $((a_disks - 1)) ] || a_why="only $a_count of the other $((a_disks - 1)) members are in sync" ;;
    raid6) [ "$a_count" -ge $((a_disks - 2)) ] || a_why="only $a_count of the other $((a_disks - 1)) members are in sync" ;;
    raid10) a_partner ;;
    *) a_why="$a_level keeps no second copy" ;;
  esac
  [ -z "$a_why" ]
}
a_partner() { # near-2 over an even number of disks pairs the slots 2k and 2k+1; for any other layout all others must be in sync
  a_near=$((a_layout & 255)) a_far=$(((a_layout >> 8) & 255))
  if [ "$((a_near * a_far))" -lt 2 ]; then a_why='it keeps no second copy'
  elif [ "$a_near" = 2 ] && [ "$a_far" = 1 ] && [ "$((a_disks % 2))" = 0 ]; then
    a_mirror=$((a_own % 2 ? a_own - 1 : a_own + 1))
    case $a_others in *" $a_mirror "*) ;; *) a_why="its mirror, the member in slot $a_mirror, is not in sync" ;; esac
  elif [ "$a_count" -lt $((a_disks - 1)) ]; then a_why='of this layout all other members must be in sync'; fi
}
a_probe() { # does a file system on it still take a write? $a_wrote: yes, no, untried
  a_wrote=untried
  u_tree "$a_md"
  for a_node in $u_tree; do
    u_number "$a_node"
    while read -r a_1 a_2 a_3 a_4 a_where a_options a_rest; do
      [ "$a_3" = "$u_number" ] || continue
      case $a_options in ro | ro,*) continue ;; esac
      [ "$a_wrote" != no ] || continue
      a_file=$(printf '%b' "$a_where")/.provision-write-probe
      if timeout 30 dd if=/dev/zero of="$a_file" bs=4096 count=1 conv=fsync </dev/null >&2; then a_wrote=yes; else a_wrote=no; fi
      rm -f "$a_file"
    done < /proc/self/mountinfo
  done
}
a_broke() { # words: what an attempt came to that the kernel refused
  a_probe
  disk_line "$a_dir/array_state"
  case $a_wrote in
    yes) a_text='a file could still be written' ;;
    no) a_text='writing a file failed' ;;
    *) a_text='no file system of it is mounted to try a write' ;;
  esac
  refuse array-broke "$a_md (now $d_text): $1; $a_text"
}
a_fail() { # member: marks it failed, after a_spares said yes; proved by reading again
  a_rc=0
  mdadm --manage "/dev/$a_md" --fail "/dev/$1" >&2 || a_rc=$?
  a_left=50
  until a_gone "$1" || [ "$a_left" = 0 ]; do a_left=$((a_left - 1)); sleep 0.1; done
  [ "$a_rc" = 0 ] || a_broke "mdadm ended with $a_rc when $1 was to be failed"
  a_gone "$1" || stop "$1 is still $a_states in $a_md"
  disk_line "$a_dir/array_state"
  [ "$d_text" != broken ] || a_broke "it broke when $1 was failed"
}
a_gone() { # member: failed, or no member any more
  a_member "$1" || return 0
  case $a_states in *,faulty,*) return 0 ;; esac
  return 1
}
a_remove() { # a failed member or a spare leaves the array; the kernel may still be at its last requests
  a_left=50
  while [ -d "$a_dir/dev-$1" ]; do
    mdadm --manage "/dev/$a_md" --remove "/dev/$1" >&2 && [ ! -d "$a_dir/dev-$1" ] && break
    a_left=$((a_left - 1))
    [ "$a_left" -gt 0 ] || stop "$a_md doesn't let go of $1"
    sleep 0.2
  done
}
`;
