/** Boot loaders. Variables begin with b_; what is mounted is unmounted again whatever happens. */
export const bootShell = `
b_made=
b_mount() { # kernel name, ro or rw: where it is mounted, in $b_place; a place of its own if it wasn't
  b_place=
  u_number "$1"
  while read -r b_1 b_2 b_3 b_root b_where b_options b_rest; do
    [ "$b_3" = "$u_number" ] && [ "$b_root" = / ] || continue
    case $2=$b_options in rw=ro | rw=ro,*) continue ;; esac
    b_place=$(printf '%b' "$b_where")
  done < /proc/self/mountinfo
  [ -z "$b_place" ] || return 0
  b_place=$(mktemp -d /run/provision-boot.XXXXXX) || stop 'no place to mount in'
  b_made="$b_place $b_made"
  trap b_leave EXIT
  mount -t vfat -o "$2" "/dev/$1" "$b_place" >&2 || stop "the EFI system partition $1 can't be mounted"
}
b_leave() { # an own place isn't left behind, nor what was mounted there
  for b_one in $b_made; do umount "$b_one" >&2 || :; rmdir "$b_one"; done
  b_made=
}
b_esp() { # kernel name: is it one, by the table's word?
  case $(blkid -p -s PART_ENTRY_TYPE -o value -- "/dev/$1" 2>/dev/null | tr 'A-F' 'a-f') in
    c12a7328-f81f-11d2-ba4b-00a0c93ec93b | 0xef) return 0 ;;
  esac
  return 1
}
b_fat() { # kernel name: is there a FAT?
  [ "$(blkid -p -s TYPE -o value -- "/dev/$1" 2>/dev/null)" = vfat ]
}
b_same() { # folder, folder: every file of the first is in the second, byte for byte
  ( cd "$1" && find . -type f ) | while IFS= read -r b_file; do cmp -s "$1/$b_file" "$2/$b_file" || { printf '%s\\n' "$b_file"; break; }; done
}
b_copy() { # kernel names of the EFI system partitions: all of the first is on the second afterwards; proved by comparing
  b_mount "$1" ro; b_source=$b_place
  b_mount "$2" rw; b_target=$b_place
  b_differs=$(b_same "$b_source" "$b_target")
  b_copied=same
  if [ -n "$b_differs" ]; then
    b_copied=copied
    must cp -R "$b_source/." "$b_target/"
    sync
    b_differs=$(b_same "$b_source" "$b_target")
    [ -z "$b_differs" ] || stop "after copying $b_differs differs on $2"
  fi
}
b_entry() { # folder, path in any letters: how it is written there, in $b_found
  b_found=$(find "$1" -ipath "$1/$2" -type f | head -n 1)
}
b_fallback() { # folder of an EFI system partition: what firmware starts that knows no entry, UEFI 2.10 §3.5.1.1
  b_entry "$1" 'EFI/BOOT/BOOTX64.EFI'
  [ -z "$b_found" ] || return 0
  b_loader "$1"
  [ -n "$b_found" ] || refuse no-boot-loader "no boot loader is on the EFI system partition of the survivor"
  must mkdir -p "$1/EFI/BOOT"
  case \${b_found##*/} in *[sS][hH][iI][mM]*)
    for b_one in "\${b_found%/*}"/[gG][rR][uU][bB][xX]64.[eE][fF][iI]; do [ ! -e "$b_one" ] || must cp "$b_one" "$1/EFI/BOOT/grubx64.efi"; done ;;
  esac
  must cp "$b_found" "$1/EFI/BOOT/BOOTX64.EFI"
  sync
}
b_loader() { # folder of an EFI system partition: its system's loader, in $b_found
  for b_one in 'EFI/*/shimx64.efi' 'EFI/*/grubx64.efi' 'EFI/systemd/systemd-bootx64.efi'; do
    b_entry "$1" "$b_one"
    case \${b_found#"$1"} in *[/][bB][oO][oO][tT][/]*) b_found= ;; esac
    [ -z "$b_found" ] || return 0
  done
}
b_partuuid() { # kernel name: in $b_guid
  b_guid=$(blkid -p -s PART_ENTRY_UUID -o value -- "/dev/$1" 2>/dev/null | tr 'A-F' 'a-f')
}
`;
