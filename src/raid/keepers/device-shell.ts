/** Of pools on this host's own disks; needs {@link actShell}. Variables begin with k_. */
export const deviceShell = `
k_steady() { # kernel name: the link by which it is found after a reboot, in $k_link; its name where there is none
  k_link=/dev/$1
  for k_kind in ata nvme scsi wwn virtio ''; do
    for k_path in /dev/disk/by-id/"$k_kind"*; do
      [ -e "$k_path" ] || continue
      k_real=$(readlink -f "$k_path")
      [ "\${k_real##*/}" != "$1" ] || { k_link=$k_path; return 0; }
    done
  done
}
k_owner() { # device: its disk's serial number, in $d_text; empty: it isn't there
  d_text=
  k_real=$(readlink -f "$1" 2>/dev/null) || return 0
  k_real=\${k_real##*/}
  for k_depth in 1 2 3 4; do
    case $k_real in dm-*) ;; *) break ;; esac
    set -- "/sys/class/block/$k_real/slaves"/*
    [ $# = 1 ] && [ -e "$1" ] || return 0
    k_real=\${1##*/}
  done
  [ -e "/sys/class/block/$k_real" ] || return 0
  d_whole "$k_real"
  disk_serial "$d_disk"
}
k_same() { # device, serial: it is that disk's
  k_owner "$1"
  [ "$d_text" = "$2" ] || refuse moved "$1 is on the disk \\"$d_text\\", not on $2"
}
`;
