/**
 * Tables of partitions, copied and compared. Variables begin with p_; needs `tearDownShell`. sgdisk writes to disks in use
 * without a word, so the guard is ours (`u_free`), and sfdisk's and wipefs's come second.
 */
export const partitionShell = `
p_rows() { # kernel name: "number start size type" of each partition, sorted, in $p_text; sfdisk(8) --dump
  p_text=$(sfdisk --dump "/dev/$1" 2>/dev/null | sed -n 's|^/dev/[^ ]*[^0-9 ]\\([0-9][0-9]*\\) *: *|\\1, |p' | tr -d ' ' | tr 'A-F' 'a-f' |
    while IFS=, read -r p_1 p_2 p_3 p_4 p_5; do printf '%s %s %s %s\\n' "$p_1" "\${p_2#start=}" "\${p_3#size=}" "\${p_4#type=}"; done | sort)
}
p_label() { # kernel name: gpt, dos or nothing, in $p_kind
  p_kind=$(sfdisk --dump "/dev/$1" 2>/dev/null | sed -n 's/^label: *//p')
}
p_ids() { # kernel name: the disk's identifier and its partitions', in $p_text
  p_text=$(sfdisk --dump "/dev/$1" 2>/dev/null | sed -n -e 's/^label-id: *//p' -e 's/.*uuid=\\([0-9A-Fa-f-]*\\).*/\\1/p' | sort)
}
p_need() { # rows in $p_want, sectors behind the last: what a disk must have, in $p_sectors
  p_sectors=0
  while read -r p_1 p_2 p_3 p_4; do
    [ -n "$p_1" ] || continue
    [ "$((p_2 + p_3))" -le "$p_sectors" ] || p_sectors=$((p_2 + p_3))
  done <<ROWS
$p_want
ROWS
  p_sectors=$((p_sectors + $1))
}
p_survivor() { # serial: the disk whose table is copied
  d_find "$1"
  p_from=$d_disk p_from_serial=$1
  p_label "$p_from"
  [ "$p_kind" = gpt ] || refuse not-gpt "the disk $1 ($p_from) has a table of the kind \\"$p_kind\\", not gpt"
  p_rows "$p_from"; p_want=$p_text
  [ -n "$p_want" ] || refuse not-gpt "the disk $1 ($p_from) has no partitions"
  p_need 33
  disk_line "/sys/block/$p_from/queue/logical_block_size"; p_unit=$d_text
}
p_record() { # label, bytes per sector, sectors needed
  p_from= p_kind=$1 p_unit=$2 p_sectors=$3
}
p_target() { # serial: the disk that gets it; $p_state: blank, same, or half (the survivor's identifiers are still on it)
  d_find "$1"
  p_disk=$d_disk p_serial=$1
  [ "$p_disk" != "$p_from" ] || refuse same-disk "$p_disk can't be copied to itself"
  disk_line "/sys/block/$p_disk/queue/logical_block_size"
  [ "$d_text" = "$p_unit" ] || refuse sector-size "the disk $1 has sectors of $d_text bytes, and the table counts in $p_unit"
  d_bytes "$p_disk"
  [ "$d_size" -ge $((p_sectors * p_unit)) ] ||
    refuse too-small "the disk $1 has $d_size bytes, and the partitions need $((p_sectors * p_unit))"
  p_rows "$p_disk"
  if [ -n "$p_text" ] && [ "$p_text" = "$p_want" ]; then
    p_state=same
    if [ -n "$p_from" ]; then
      p_ids "$p_from"; p_theirs=$p_text
      p_ids "$p_disk"
      [ "$p_text" != "$p_theirs" ] || p_state=half
    fi
  else p_state=blank; fi
  [ "$p_state" != same ] || return 0
  [ "$p_state" = blank ] || t_clean "$p_disk"
  u_free "$p_disk" "the disk $1"
  [ "$p_state" = half ] || p_blank
}
t_clean() { # of a disk whose copy of the table was just made: old content may have shown up where its partitions now are
  u_idle "$1" "the disk $1"
  t_alone "$1"
  t_inactive "$1"
  t_down "$1"
}
p_blank() {
  p_text=$(wipefs -n "/dev/$p_disk") || refuse disk-in-use "wipefs can't read $p_disk"
  [ -z "$p_text" ] || refuse disk-not-blank "$p_disk isn't blank: $p_text"
}
p_seen() { # the kernel has them all
  settle
  blockdev --rereadpt "/dev/$p_disk" >&2 || :
  settle
  p_left=50
  while :; do
    p_missing=
    while read -r p_1 p_2 p_3 p_4; do
      d_part "$p_disk" "$p_1" && [ -b "/dev/$d_dev" ] || { p_missing=$p_1; continue; }
      disk_line "/sys/class/block/$d_dev/start"; [ "$d_text" = "$((p_2 * p_unit / 512))" ] || p_missing=$p_1
      disk_line "/sys/class/block/$d_dev/size"; [ "$d_text" = "$((p_3 * p_unit / 512))" ] || [ "$d_text" = 2 ] || p_missing=$p_1
    done <<ROWS
$p_want
ROWS
    [ -n "$p_missing" ] || return 0
    p_left=$((p_left - 1))
    [ "$p_left" -gt 0 ] || stop "the kernel doesn't see partition $p_missing of $p_disk"
    sleep 0.2
  done
}
p_clear() { # what an earlier owner left where the partitions now are
  t_clean "$p_disk"
  for p_path in "/sys/block/$p_disk"/*/partition; do
    [ -e "$p_path" ] || continue
    p_path=\${p_path%/partition}
    d_bytes "\${p_path##*/}"
    [ "$d_size" -gt 1024 ] || continue # the frame around logical partitions, whose table is in it
    t_erase "\${p_path##*/}" "$p_disk"
  done
}
p_replicate() { # new identifiers come last: as long as they are the survivor's, it is half done
  p_did=$p_state
  [ "$p_state" != same ] || return 0
  d_still "$p_disk" "$p_serial"
  d_still "$p_from" "$p_from_serial"
  [ "$p_state" = half ] || must sgdisk --replicate="/dev/$p_disk" "/dev/$p_from"
  p_seen
  p_clear
  d_still "$p_disk" "$p_serial"
  must sgdisk --randomize-guids "/dev/$p_disk"
  p_did=made
  p_seen
}
p_write() { # script for sfdisk
  p_did=$p_state
  [ "$p_state" != same ] || return 0
  d_still "$p_disk" "$p_serial"
  printf '%s' "$1" | sfdisk --wipe always --wipe-partitions always "/dev/$p_disk" >&2 || stop "sfdisk ended with $?"
  p_did=made
  p_seen
  p_clear
}
p_show() { # proof: read again
  p_label "$p_disk"
  p_rows "$p_disk"
  [ "$p_text" = "$p_want" ] || stop "the partitions of $p_disk aren't as wanted: $p_text"
  if [ "$p_kind" = gpt ] && have sgdisk; then
    sgdisk --verify "/dev/$p_disk" | grep -q 'No problems found' || stop "sgdisk finds the table of $p_disk faulty"
  fi
  if [ -n "$p_from" ]; then
    p_ids "$p_from"; p_theirs=$p_text
    p_ids "$p_disk"
    for p_1 in $p_text; do
      case " $(printf '%s' "$p_theirs" | tr '\\n' ' ') " in *" $p_1 "*) stop "$p_disk still has an identifier of $p_from: $p_1" ;; esac
    done
  fi
  say "$p_did"
  printf '%s\\n' "$p_want" | sed 's/^/partition /'
}
`;
