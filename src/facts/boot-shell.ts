import { diskShell } from "../disk-shell.ts";

/** A partition's files that matter for starting: boot loaders and their settings, not what is too big to be one. */
const listFiles = "find . -xdev -type f -size -131072 -exec sha256sum {} +";

const mountReadOnly = "mount -t vfat -o ro,nosuid,nodev,noexec";

/**
 * Functions that look how a disk starts a machine, and leave no trace: an EFI system partition that isn't mounted is
 * mounted read-only where nobody else sees it (mount_namespaces(7)), which ends with the process whatever happens to it;
 * without unshare(1) beside the others, and unmounted by a trap.
 */
export const bootShell = `${diskShell}
boot_property() { # partition udev's-name lsblk's-name: in $d_text
  disk_udev "$1" "$2"
  [ -n "$d_text" ] || d_text=$(lsblk -d -n -r -o "$3" "/dev/$1")
}
boot_code() { # disk: whether GRUB is in the first 446 bytes
  disk_within 20 dd if="/dev/$1" bs=446 count=1 | tr -c A-Z '\\n' | grep -q '^GRUB$'
}
boot_core() { # partition: "empty|filled digest", of its first MiB
  b_empty=filled
  [ -n "$(disk_within 20 dd if="/dev/$1" bs=65536 count=16 | tr -d '\\000' | head -c 1 | tr -c . x)" ] || b_empty=empty
  b_digest=$(disk_within 20 dd if="/dev/$1" bs=65536 count=16 | sha256sum)
  printf '%s\\n' "$b_empty \${b_digest%% *}"
}
boot_point() { # device: where it is mounted, in $b_point; proc_pid_mountinfo(5)
  b_point= d_number=
  read -r d_number < "/sys/class/block/$1/dev"
  while read -r b_id b_parent b_device b_root b_path b_rest; do
    [ "$b_device $b_root" != "$d_number /" ] || b_point=$(printf '%b' "$b_path")
  done < /proc/self/mountinfo
}
boot_files() { # partition: "digest  ./path" of each, fails if they can't be read
  b_name=$1
  # As a member of a mirror it can only be read through that.
  for b_holder in "/sys/class/block/$1/holders"/md*; do [ ! -e "$b_holder" ] || b_name=\${b_holder##*/}; done
  boot_point "$b_name"
  if [ -n "$b_point" ]; then (cd "$b_point" && ${listFiles}); else boot_away "/dev/$b_name"; fi
}
boot_away() ( # device: as boot_files
  b_mounted=
  b_folder=$(mktemp -d) || exit 1
  trap 'cd /; [ -z "$b_mounted" ] || umount "$b_folder" || umount -l "$b_folder"; rmdir "$b_folder"' EXIT
  trap 'exit 1' HUP INT PIPE TERM
  if unshare -m true; then
    disk_within 60 unshare -m sh -c 'mount --make-rprivate /
      ${mountReadOnly} "$1" "$2" && cd "$2" && ${listFiles}' sh "$1" "$b_folder"
  else
    b_mounted=yes
    ${mountReadOnly} "$1" "$b_folder" && cd "$b_folder" && ${listFiles}
  fi
)
`;
