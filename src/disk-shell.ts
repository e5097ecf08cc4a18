/**
 * Functions that tell who a disk is, from sysfs. Names such as sda lie: the kernel gives them in the order in which disks
 * come up. Serial number and WWN stay. Everything is one line of printable ASCII.
 */
export const diskShell = `
disk_line() { # file: its first line, trimmed, in $d_text
  d_text=
  [ ! -r "$1" ] || IFS= read -r d_text < "$1" 2>/dev/null || :
  d_text=\${d_text#"\${d_text%%[! ]*}"}; d_text=\${d_text%"\${d_text##*[! ]}"}
}
disk_udev() { # name property: of udev's record, in $d_text
  d_text= d_number=
  [ ! -r "/sys/class/block/$1/dev" ] || read -r d_number < "/sys/class/block/$1/dev"
  [ -r "/run/udev/data/b$d_number" ] || return 0
  while IFS= read -r d_row; do
    case $d_row in "E:$2="*) d_text=\${d_row#*=}; return 0 ;; esac
  done < "/run/udev/data/b$d_number"
}
disk_serial() { # name: in $d_text; SPC-4 §7.8.18: the page's text starts at byte 4
  disk_line "/sys/block/$1/serial"
  [ -n "$d_text" ] || disk_line "/sys/block/$1/device/serial"
  if [ -z "$d_text" ] && [ -r "/sys/block/$1/device/vpd_pg80" ]; then
    d_text=$(tail -c +5 "/sys/block/$1/device/vpd_pg80" | tr -dc '!-~')
  fi
  [ -n "$d_text" ] || disk_udev "$1" ID_SCSI_SERIAL
  [ -n "$d_text" ] || disk_udev "$1" ID_SERIAL_SHORT
}
disk_wwn() { # name: hexadecimal without 0x, or an NVMe's eui. or uuid., in $d_text
  disk_line "/sys/block/$1/device/wwid"
  case $d_text in naa.*) d_text=\${d_text#naa.}; return 0 ;; esac
  disk_line "/sys/block/$1/wwid"
  case $d_text in eui.* | uuid.*) return 0 ;; esac
  disk_udev "$1" ID_WWN
  d_text=\${d_text#0x}
}
disk_within() { # seconds command, where timeout(1) is: a dying disk takes its time
  if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi
}
disk_here() { # path in /sys/block: hardware with a medium in it, no loop, md, device mapper or mere path to a disk
  [ -e "$1/device" ] || return 1
  case \${1##*/} in sr[0-9]* | fd[0-9]*) return 1 ;; esac
  disk_line "$1/hidden"; [ "$d_text" != 1 ] || return 1
  disk_line "$1/size"; [ "\${d_text:-0}" != 0 ]
}
disk_transport() { # name: in $d_text, by where it hangs in the tree of devices
  case $(readlink -f "/sys/block/$1") in
    */usb*) d_text=usb ;;
    */nvme*) d_text=nvme ;;
    */session*) d_text=iscsi ;;
    */rport*) d_text=fc ;;
    */end_device-*) d_text=sas ;;
    */ata*) d_text=sata ;;
    */virtio*) d_text=virtio ;;
    */mmc*) d_text=mmc ;;
    */vbd-*) d_text=xen ;;
    *) d_text= ;;
  esac
}
`;
