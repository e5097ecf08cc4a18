import { type Act, act, call, quoted } from "./act.ts";
import { tearDownShell } from "./tear-down-shell.ts";

export interface Wiping {
  readonly serial: string;
  /** Of disks that were here before: none of them is ever wiped. */
  readonly knownSerials: readonly string[];
  /** Somebody said that what is found may go. */
  readonly allowSignatures: boolean;
}

/**
 * Makes a new disk blank: what assembled itself on it is taken apart if it stands on this disk alone, then partitions and
 * disk lose their signatures. Prints `found NAME WHAT` for each, then `blank` or `wiped`. Refuses with `known-disk`,
 * `disk-in-use` and `disk-not-blank`; sgdisk, which doesn't refuse disks in use, isn't asked.
 */
export function wipeDisk({ serial, knownSerials, allowSignatures }: Wiping): Act {
  return act({
    name: "wiping the new disk",
    limitMs: 180_000,
    shell: [tearDownShell, wipe],
    body: `
${knownSerials.map((known) => call("w_unknown", serial, known)).join("\n")}
${call("d_find", serial)}
settle
w_disk=$d_disk
u_idle "$w_disk" ${quoted(`the disk ${serial}`)}
t_alone "$w_disk"
t_describe "$w_disk"
if [ "$t_found" = 0 ]; then t_inactive "$w_disk"; w_blank; say blank; return 0; fi
${allowSignatures ? "" : `refuse disk-not-blank "$t_found things were found on $w_disk; they are left as they are"`}
t_inactive "$w_disk"
t_down "$w_disk"
${call('d_still "$w_disk"', serial)}
w_erase
w_blank
say wiped`,
  });
}

const wipe = `
w_unknown() { [ "$1" != "$2" ] || refuse known-disk "the disk $1 was here before: it isn't wiped"; }
w_erase() { # partitions, then the disk
  for w_path in "/sys/block/$w_disk"/*/partition; do
    [ -e "$w_path" ] || continue
    w_path=\${w_path%/partition}
    t_erase "\${w_path##*/}" "$w_disk"
  done
  t_erase "$w_disk" "$w_disk"
  settle
  blockdev --rereadpt "/dev/$w_disk" >&2 || :
  settle
}
w_blank() { # proof: the kernel sees no partition, wipefs nothing
  for w_path in "/sys/block/$w_disk"/*/partition; do
    [ ! -e "$w_path" ] || stop "the kernel still sees the partition $w_path"
  done
  w_text=$(wipefs -n "/dev/$w_disk") || stop "wipefs can't read $w_disk"
  [ -z "$w_text" ] || stop "something is left on $w_disk: $w_text"
}
`;
