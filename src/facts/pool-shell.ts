import { diskShell } from "../disk-shell.ts";

/**
 * Whose disk a pool's device is on: through links (by-id), partitions, and what lies over one thing only (LUKS, a path of
 * several). An array of md has a life of its own: the search ends there. Prints `serial.PATH=SERIAL`, and `gone.PATH=yes` for
 * a device that a pool still holds open though it isn't there any more.
 */
export const poolShell = `${diskShell}
pool_disk() { # device: its disk's kernel name in $p_disk
  p_disk=$(readlink -f "$1" 2>/dev/null) || p_disk=$1
  p_disk=\${p_disk##*/}
  for p_depth in 1 2 3 4; do
    if [ -e "/sys/class/block/$p_disk/partition" ]; then
      p_disk=$(readlink -f "/sys/class/block/$p_disk"); p_disk=\${p_disk%/*}; p_disk=\${p_disk##*/}
      continue
    fi
    case $p_disk in dm-*) ;; *) return 0 ;; esac
    set -- "/sys/class/block/$p_disk/slaves"/*
    [ $# = 1 ] && [ -e "$1" ] || return 0
    p_disk=\${1##*/}
  done
}
pool_serial() { # device
  case $1 in /*) ;; *) return 0 ;; esac
  pool_disk "$1"
  if [ ! -e "/sys/class/block/$p_disk" ]; then printf '%s\\n' "gone.$1=yes"; return 0; fi
  disk_serial "$p_disk"
  [ -z "$d_text" ] || printf '%s\\n' "serial.$1=$d_text"
}
p_limit=; ! command -v timeout >/dev/null 2>&1 || p_limit='timeout 60'
`;
