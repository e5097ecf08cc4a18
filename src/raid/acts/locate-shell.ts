/**
 * `locate_set SERIAL on|off SLOT ENCLOSURE` prints who switched the bay's light: `led enclosure|pcie|ledctl|ses|none`. It needs
 * {@link actShell}; variables begin with l_. SLOT and ENCLOSURE (a bay's, as fact `bays` names it) may be empty; they count
 * only where the disk itself isn't there, or its enclosure doesn't say in which slot it is. A slot that holds another disk is
 * never lit. Whoever can tell afterwards is asked whether the light is on; who can't is believed by its status only.
 */
export const locateShell = `
locate_set() { # serial on|off slot enclosure
  l_on=0 l_slot=\${3:-} l_enclosure=\${4:-}
  [ "$2" != on ] || l_on=1
  d_look "$1" || :
  l_disk=$d_disk
  l_how=none
  l_sysfs || l_pcie || l_ledctl || l_ses || :
  say led "$l_how"
}
l_write() { # file: the light is as it should be afterwards
  [ -w "$1" ] || return 1
  printf '%s\\n' "$l_on" > "$1" 2>/dev/null || return 1
  disk_line "$1"
  if [ "$l_on" = 1 ]; then [ "\${d_text:-0}" != 0 ]; else [ "$d_text" = 0 ]; fi
}
l_sysfs() { # drivers/misc/enclosure.c
  l_own= l_place= l_places=0
  for l_path in /sys/class/enclosure/*/*; do
    [ -e "$l_path/locate" ] || continue
    l_content=
    for l_block in "$l_path"/device/block/*; do [ ! -e "$l_block" ] || l_content=\${l_block##*/}; done
    if [ -n "$l_disk" ] && [ "$l_content" = "$l_disk" ]; then l_own=$l_path; fi
    [ -z "$l_content" ] && l_matches "$l_path" || continue
    l_place=$l_path l_places=$((l_places + 1))
  done
  if [ -n "$l_own" ]; then l_place=$l_own
  elif [ "$l_places" != 1 ]; then return 1
  fi
  l_write "$l_place/locate" && l_how=enclosure
}
l_matches() { # component's folder: is it the slot, by its name or number, in the enclosure, by its id or address?
  [ -n "$l_slot" ] || return 1
  if [ -n "$l_enclosure" ]; then
    l_parent=\${1%/*}
    disk_line "$l_parent/id"
    [ "$d_text" = "$l_enclosure" ] || [ "\${l_parent##*/}" = "$l_enclosure" ] || return 1
  fi
  disk_line "$1/slot"
  [ "\${1##*/}" = "$l_slot" ] || [ "$d_text" = "$l_slot" ]
}
l_pcie() { # an NVMe's slot by its PCI address; an empty one by its name
  case $l_disk in
    nvme*)
      l_real=$(readlink -f "/sys/block/$l_disk/device")
      while [ -n "$l_real" ] && [ ! -e "$l_real/vendor" ]; do l_real=\${l_real%/*}; done
      l_address=\${l_real##*/}; l_address=\${l_address%.*} ;;
    '')
      [ -n "$l_slot" ] && [ -z "$l_enclosure" ] || return 1
      disk_line "/sys/bus/pci/slots/$l_slot/address"; l_address=$d_text
      for l_path in /sys/bus/pci/devices/"$l_address".*; do [ ! -e "$l_path" ] || return 1; done ;;
    *) return 1 ;;
  esac
  [ -n "$l_address" ] || return 1
  for l_path in /sys/bus/pci/slots/*; do
    disk_line "$l_path/address"
    [ "$d_text" = "$l_address" ] || continue
    l_write "$l_path/attention" && l_how=pcie
    return
  done
  return 1
}
l_ledctl() { # --listed-only: else it puts out every other light; it may say that it ignored us, with any status
  [ -n "$l_disk" ] && have ledctl || return 1
  l_pattern=locate
  [ "$l_on" = 1 ] || l_pattern=locate_off
  l_said=$(ledctl --listed-only "$l_pattern=/dev/$l_disk" 2>&1) || return 1
  case $l_said in *ignored* | *'not supported'* | *rror:*) return 1 ;; esac
  l_how=ledctl
}
l_ses() { # enclosures that the kernel has no module for: sg_ses(8); by the disk's own address, else by an unheld slot's number
  have sg_ses || return 1
  l_change=--clear=ident
  [ "$l_on" = 0 ] || l_change=--set=ident
  l_by=
  if [ -n "$l_disk" ]; then
    disk_line "/sys/block/$l_disk/device/sas_address"
    [ -z "$d_text" ] || l_by=--sas-addr=$d_text
  else
    case $l_slot in '' | *[!0-9]*) ;; *) l_by=--dev-slot-num=$l_slot ;; esac
  fi
  [ -n "$l_by" ] || return 1
  l_devices= l_count=0
  for l_path in /sys/class/scsi_device/*/device; do
    disk_line "$l_path/type"
    [ "$d_text" = 13 ] || continue
    for l_sg in "$l_path"/scsi_generic/sg*; do
      [ -e "$l_sg" ] || continue
      l_devices="$l_devices \${l_sg##*/}" l_count=$((l_count + 1))
    done
  done
  case $l_by in --dev-slot-num=*) [ "$l_count" = 1 ] || return 1 ;; esac
  for l_sg in $l_devices; do
    sg_ses "$l_by" "$l_change" "/dev/$l_sg" >/dev/null 2>&1 || continue
    [ "$(sg_ses "$l_by" --get=ident "/dev/$l_sg" 2>/dev/null)" = "$l_on" ] || continue
    l_how=ses
    return 0
  done
  return 1
}
`;
