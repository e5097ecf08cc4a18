import { type Act, act, call, quoted } from "./act.ts";

/**
 * Takes leave of a disk that nothing uses any more, so that it may be pulled: flushed, then SCSI's `device/delete` (which
 * stops its motor), or the power of an NVMe's slot. Prints `detached HOW`, `absent`, or `none` where its bus has no such
 * thing.
 */
export function detachDisk({ serial }: { readonly serial: string }): Act {
  return act({
    name: "detaching the disk",
    limitMs: 90_000,
    shell: [shell],
    body: `
${call("d_look", serial)} || { say absent; return 0; }
x_disk=$d_disk
u_free "$x_disk" ${quoted(`the disk ${serial}`)}
x_unassembled
sync
blockdev --flushbufs "/dev/$x_disk" >&2 || :
${call('d_still "$x_disk"', serial)}
x_leave
[ "$x_how" != none ] || { say none; return 0; }
x_left=100
while ${call("d_look", serial)}; do
  x_left=$((x_left - 1))
  [ "$x_left" -gt 0 ] || stop "$x_disk is still there"
  sleep 0.2
done
say detached "$x_how"`,
  });
}

const shell = `
x_unassembled() { # a failed member has no holder, but md keeps its name: md(4)
  u_tree "$x_disk"
  for x_one in $u_tree; do
    for x_path in /sys/block/md*/md/dev-"$x_one"; do
      [ ! -e "$x_path" ] || refuse disk-in-use "$x_one must be removed from its array first: $x_path"
    done
  done
}
x_leave() { # in $x_how
  x_how=none
  x_real=$(readlink -f "/sys/block/$x_disk/device")
  case $x_disk in
    nvme*) x_slot ;;
    *) [ ! -e "$x_real/delete" ] || { x_how=scsi; echo 1 > "$x_real/delete" || stop "$x_disk can't be deleted"; } ;;
  esac
}
x_slot() { # an NVMe's PCI function, and the slot that has its address
  while [ "$x_real" != / ] && [ ! -e "$x_real/vendor" ]; do x_real=\${x_real%/*}; x_real=\${x_real:-/}; done
  x_pci=\${x_real##*/}
  for x_path in /sys/bus/pci/slots/*; do
    disk_line "$x_path/address"
    [ -n "$d_text" ] && [ "$d_text" = "\${x_pci%.*}" ] && [ -w "$x_path/power" ] || continue
    x_how="slot \${x_path##*/}"
    echo 0 > "$x_path/power" || stop "the slot \${x_path##*/} can't be powered off"
    return 0
  done
}
`;
