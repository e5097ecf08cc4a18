/** GRUB for the BIOS. Variables begin with i_; needs `bootShell`. */
export const biosShell = `
i_code() { # kernel name of a disk: are GRUB's words in its boot code?
  dd if="/dev/$1" bs=446 count=1 2>/dev/null </dev/null | tr -c '[:print:]' ' ' | grep -q GRUB
}
i_empty() { # kernel name: is its first MiB all zero?
  [ -z "$(head -c 1048576 "/dev/$1" | tr -d '\\000' | head -c 1)" ]
}
i_digest() { head -c 1048576 "/dev/$1" | md5sum | cut -d ' ' -f 1; }
i_core() { # disk: its BIOS-boot partition's kernel name, in $i_part, by its type
  i_part=
  for i_path in "/sys/block/$1"/*/partition; do
    [ -e "$i_path" ] || continue
    i_path=\${i_path%/partition}
    i_type=$(blkid -p -s PART_ENTRY_TYPE -o value -- "/dev/\${i_path##*/}" 2>/dev/null | tr 'A-F' 'a-f')
    [ "$i_type" != 21686148-6449-6e6f-744e-656564454649 ] || i_part=\${i_path##*/}
  done
}
i_by_id() { # kernel name of a disk: a name that outlives a boot, in $i_name; else the one of this moment
  i_name=/dev/$1
  for i_path in /dev/disk/by-id/*; do
    [ "$i_path" -ef "/dev/$1" ] || continue
    case $i_path in
      */wwn-* | */nvme-eui.* | */dm-* | */md-*) [ "$i_name" != "/dev/$1" ] || i_name=$i_path ;;
      *) i_name=$i_path; return 0 ;;
    esac
  done
}
i_install() { # serial, number of the BIOS-boot partition or 0, serial of a disk that is as it should be
  have grub-install || refuse no-grub 'this host has no grub-install'
  [ -d /usr/lib/grub/i386-pc ] || refuse no-grub 'this host has no GRUB for the BIOS (/usr/lib/grub/i386-pc)'
  i_wanted= i_reference=
  if [ -n "$3" ] && d_look "$3" && [ "$3" != "$1" ]; then
    i_core "$d_disk"
    if [ -n "$i_part" ] && i_code "$d_disk" && ! i_empty "$i_part"; then i_reference=$d_disk i_wanted=$(i_digest "$i_part"); fi
  fi
  d_find "$1"
  i_disk=$d_disk
  i_kind=$(blkid -p -s PTTYPE -o value -- "/dev/$i_disk" 2>/dev/null) || i_kind=
  i_core "$i_disk"
  if [ "$i_kind" = gpt ]; then
    [ -n "$i_part" ] || refuse no-bios-boot "$i_disk has a GPT without a BIOS-boot partition: there is no place for GRUB"
    read -r i_number < "/sys/class/block/$i_part/partition"
    [ "$2" = 0 ] || [ "$2" = "$i_number" ] || refuse no-bios-boot "partition $2 of $i_disk is no BIOS-boot partition; $i_number is"
  fi
  if [ -n "$i_wanted" ] && [ -n "$i_part" ] && i_code "$i_disk" && [ "$(i_digest "$i_part")" = "$i_wanted" ]; then
    say same "$i_disk"
    return 0
  fi
  i_by_id "$i_disk"
  d_still "$i_disk" "$1"
  if ! grub-install --target=i386-pc "$i_name" >&2; then
    [ "$i_name" != "/dev/$i_disk" ] || stop "grub-install failed on $i_disk"
    d_still "$i_disk" "$1"
    must grub-install --target=i386-pc "/dev/$i_disk"
  fi
  sync
  i_code "$i_disk" || stop "no boot code is on $i_disk after grub-install"
  [ -z "$i_part" ] || ! i_empty "$i_part" || stop "the BIOS-boot partition $i_part is empty after grub-install"
  say installed "$i_disk"
}
i_debconf() { # Debian's package installs GRUB anew with every update, on the disks that it was told once
  [ -e /var/lib/dpkg/info/grub-pc.list ] && have debconf-set-selections || return 0
  i_all=
  for i_one in /sys/block/*; do
    [ -e "$i_one/device" ] || continue
    disk_line "$i_one/removable"
    [ "$d_text" = 0 ] && i_code "\${i_one##*/}" || continue
    i_by_id "\${i_one##*/}"
    i_all="$i_all\${i_all:+, }$i_name"
  done
  [ -n "$i_all" ] || return 0
  printf 'grub-pc grub-pc/install_devices multiselect %s\\n' "$i_all" | debconf-set-selections >&2 || stop "debconf doesn't take $i_all"
  say devices "$i_all"
}
`;
