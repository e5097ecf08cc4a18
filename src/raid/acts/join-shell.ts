/** What comes before something joins an array. Variables begin with j_; needs `arrayShell`. */
export const joinShell = `
j_blank() { # kernel name: nothing is on it, but perhaps what it wrote as a member of this very array
  j_told=$(blkid -p -o export -- "/dev/$1" 2>/dev/null) && j_rc=0 || j_rc=$?
  case $j_rc in
    0) ;;
    2) return 0 ;;
    *) refuse partition-not-blank "$1 holds something that blkid can't tell (it ended with $j_rc)" ;;
  esac
  j_holds=$(printf '%s\\n' "$j_told" | sed -n -e 's/^TYPE=//p' -e 's/^PTTYPE=/table /p' | tr '\\n' ' ')
  [ -n "$j_holds" ] || return 0
  case $j_holds in 'linux_raid_member ') j_ours "$1" "$2" && return 0 ;; esac
  refuse partition-not-blank "$1 holds $j_holds"
}
j_ours() { # kernel name, UUID: is it by its own superblock of this array?
  a_bare "$(mdadm --examine --export "/dev/$1" 2>/dev/null | sed -n 's/^MD_UUID=//p')"
  [ "$a_text" = "$2" ]
}
j_fits() { # kernel name, number of the partition: is it big enough, in bytes, of the others' kind, and on a disk of its own?
  disk_line "$a_dir/component_size"; j_need=\${d_text:-0}
  j_offset=
  for a_path in "$a_dir"/dev-*; do
    j_other=\${a_path##*/dev-}
    a_member "$j_other" || continue
    case $a_states in *,in_sync,*) ;; *) continue ;; esac
    if [ "$2" = 0 ] && [ -e "/sys/class/block/$j_other/partition" ]; then
      refuse whole-disk "the members of $a_md are partitions, such as $j_other: the whole disk $1 isn't one"
    fi
    j_own=$d_disk; d_whole "$j_other"; j_theirs=$d_disk; d_disk=$j_own
    [ "$j_theirs" != "$d_disk" ] || refuse same-disk "$j_other of $a_md is on the same disk: two copies would die together"
    disk_line "$a_path/offset"
    [ -n "$j_offset" ] && [ "$j_offset" -le "\${d_text:-0}" ] || j_offset=\${d_text:-0}
  done
  [ -n "$j_offset" ] || refuse array-empty "no member of $a_md is in sync"
  j_need=$((j_need * 1024 + j_offset * 512))
  d_bytes "$1"
  [ "$d_size" -ge "$j_need" ] || refuse too-small "$1 has $d_size bytes, and a member of $a_md needs $j_need"
}
j_free() { # kernel name: nobody has it
  u_used "$1"
  [ -z "$u_used" ] || refuse disk-in-use "$1 is $u_used"
  for j_path in "/sys/class/block/$1"/holders/*; do
    [ ! -e "$j_path" ] || refuse disk-in-use "$1 is held by \${j_path##*/}"
  done
}
j_writable() { # an array that nobody wrote to since it was started waits with its rebuild: md(4) auto-read-only
  case $a_state in read-auto) must mdadm --readwrite "/dev/$a_md" ;; esac
}
j_add() { # serial, number of the partition, UUID: in the array, at least as a spare; $j_did: added or present
  d_place "$1" "$2"
  j_did=present
  if a_member "$d_dev"; then
    case $a_states in *,faulty,*) refuse member-failed "$d_dev failed in $a_md: it must be removed first" ;; esac
    return 0
  fi
  a_sound
  j_free "$d_dev"
  j_fits "$d_dev" "$2"
  j_blank "$d_dev" "$3"
  j_writable
  must mdadm --manage "/dev/$a_md" --add "/dev/$d_dev"
  settle
  a_member "$d_dev" || stop "$d_dev isn't in $a_md after it was added"
  case $a_states in *,faulty,*) stop "$d_dev failed in $a_md as soon as it was added" ;; esac
  j_did=added
}
`;
