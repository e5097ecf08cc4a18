/** The EFI system partition's files and the firmware's entries. Variables begin with e_; needs `bootShell`. */
export const uefiShell = `
e_vars=/sys/firmware/efi/efivars
e_files() { # $e_from, $e_to: the second starts a machine as the first does
  [ "$e_from" != "$e_to" ] || refuse same-disk "$e_to can't be copied to itself"
  b_fat "$e_from" || refuse no-esp "the survivor's partition $e_from holds no FAT"
  b_fat "$e_to" || refuse no-esp "$e_to holds no FAT: its EFI system partition must be made first"
  b_copy "$e_from" "$e_to"
  b_fallback "$b_target"
  b_loader "$b_target"
  [ -n "$b_found" ] || b_entry "$b_target" 'EFI/BOOT/BOOTX64.EFI'
  e_loader=\${b_found#"$b_target"}
  b_leave
  say "$b_copied" "$e_to"
}
e_entry() { # $e_disk, $e_to, $e_loader: the firmware's entry; without its variables (no efivars) the fallback must do
  if ! have efibootmgr || [ ! -d "$e_vars" ]; then say no-entries; return 0; fi
  e_list=$(efibootmgr -v) || stop "efibootmgr ended with $?"
  b_partuuid "$e_to"
  [ -n "$b_guid" ] || stop "$e_to has no GUID"
  e_own=$(e_numbers "$b_guid" | head -n 1)
  if [ -z "$e_own" ]; then
    read -r e_number < "/sys/class/block/$e_to/partition"
    e_back=$(printf '%s' "$e_loader" | tr / '\\\\')
    disk_serial "$e_disk"
    must efibootmgr --quiet --create --disk "/dev/$e_disk" --part "$e_number" --label "system $d_text" --loader "$e_back"
    e_list=$(efibootmgr -v)
    e_own=$(e_numbers "$b_guid" | head -n 1)
    [ -n "$e_own" ] || stop "the firmware doesn't keep an entry for $e_to"
  fi
  say entry "$e_own"
  e_stale
}
e_numbers() { # GUID in small letters: numbers of the entries that lead to this partition
  printf '%s\\n' "$e_list" | tr 'A-Z' 'a-z' | grep "gpt,$1" | sed -n 's/^boot\\([0-9a-f]\\{4\\}\\).*/\\1/p'
}
e_stale() { # entries that lead to a partition that no disk has any more
  e_there=' '
  for e_path in /sys/class/block/*/partition; do
    [ -e "$e_path" ] || continue
    e_path=\${e_path%/partition}
    b_partuuid "\${e_path##*/}"
    e_there="$e_there$b_guid "
  done
  for e_guid in $(printf '%s\\n' "$e_list" | tr 'A-Z' 'a-z' | sed -n 's/.*gpt,\\([0-9a-f-]\\{36\\}\\).*/\\1/p' | sort -u); do
    case $e_there in *" $e_guid "*) continue ;; esac
    for e_number in $(e_numbers "$e_guid"); do
      must efibootmgr --quiet --delete-bootnum --bootnum "$e_number"
      say dropped "$e_number"
    done
  done
}
`;
