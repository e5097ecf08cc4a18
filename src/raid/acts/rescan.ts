import { type Act, act } from "./act.ts";

/** Asks every SCSI host and PCI for what is there: a disk whose insertion nobody reported. Prints `rescanned`. */
export function rescan(): Act {
  return act({
    name: "looking for new disks",
    limitMs: 120_000,
    body: `
for n_path in /sys/class/scsi_host/*/scan; do
  [ ! -w "$n_path" ] || echo '- - -' > "$n_path" || :
done
[ ! -w /sys/bus/pci/rescan ] || echo 1 > /sys/bus/pci/rescan || :
settle
say rescanned`,
  });
}
