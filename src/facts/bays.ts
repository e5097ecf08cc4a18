import { diskShell } from "../disk-shell.ts";
import type { Bay } from "../disks.ts";
import { type Fact, parseBlocks } from "./fact.ts";
import { given } from "./json-path.ts";

/**
 * Enclosures with services, which the kernel's module ses knows (drivers/misc/enclosure.c: a folder for each component, with
 * `slot`, `type`, `locate`, `fault` and, when a disk is in it, a link `device`), and the hot-plug slots of PCIe that hold an
 * NVMe or nothing (Documentation/ABI/testing/sysfs-bus-pci; `attention` is the lamp). Links to a disk that was pulled dangle.
 */
const script = `${diskShell}
for b_enclosure in /sys/class/enclosure/*; do
  [ -d "$b_enclosure" ] || continue
  disk_line "$b_enclosure/id"; b_id=$d_text
  [ -n "$b_id" ] || b_id=\${b_enclosure##*/}
  for b_slot in "$b_enclosure"/*; do
    [ -r "$b_slot/locate" ] || [ -r "$b_slot/fault" ] || continue
    disk_line "$b_slot/type"
    case $d_text in device | 'array device' | '') ;; *) continue ;; esac
    printf '%s\\n' "bay=enclosure" "name=\${b_slot##*/}" "enclosure=$b_id"
    for b_key in slot locate fault; do
      disk_line "$b_slot/$b_key"; printf '%s\\n' "$b_key=$d_text"
    done
    for b_block in "$b_slot"/device/block/*; do
      [ -e "$b_block" ] || continue
      disk_serial "\${b_block##*/}"; printf '%s\\n' "serial=$d_text"
    done
  done
done
for b_slot in /sys/bus/pci/slots/*; do
  [ -r "$b_slot/address" ] || continue
  disk_line "$b_slot/address"; b_address=$d_text
  b_serial= b_other=
  for b_device in /sys/bus/pci/devices/"$b_address".*; do
    [ -e "$b_device" ] || continue
    disk_line "$b_device/class"
    case $d_text in 0x0108*) ;; *) b_other=yes ;; esac
    for b_controller in "$b_device"/nvme/nvme*; do
      [ -e "$b_controller" ] || continue
      disk_line "$b_controller/serial"; b_serial=$d_text
    done
  done
  [ -z "$b_other" ] || continue
  [ -n "$b_serial" ] || [ -e "$b_slot/power" ] || continue
  printf '%s\\n' "bay=pcie" "name=\${b_slot##*/}" "serial=$b_serial"
  disk_line "$b_slot/attention"; printf '%s\\n' "locate=$d_text"
done`;

function parse(lines: readonly string[]): readonly Bay[] {
  return parseBlocks(lines, "bay").map((found) => ({
    slot: slotOf(found),
    ...given("enclosure", found.get("enclosure") || undefined),
    ...given("serial", found.get("serial") || undefined),
    ...given("locate", lampOf(found.get("locate"))),
    ...given("fault", lampOf(found.get("fault"))),
    source: found.get("bay") === "pcie" ? "pcie" : "enclosure",
  }));
}

/** A name that only counts the enclosure's elements isn't on any label: then the slot's number is better, where there is one. */
function slotOf(found: ReadonlyMap<string, string>): string {
  const name = found.get("name") ?? "";
  const number = found.get("slot") ?? "";
  return /^(?:\d+|(?:Array)?Device\d*)$/i.test(name) && /^\d+$/.test(number) ? number : name;
}

/** SFF-8485 and PCIe: 0 is off; 1, 2 and more are on or blink. */
const lampOf = (text: string | undefined) => (text && /^\d+$/.test(text) ? text !== "0" : undefined);

/** Places for disks that the host knows of. None: ask the inventory. */
export const bays: Fact<readonly Bay[]> = { name: "bays", cheap: false, script, parse };
