import { spawnSync } from "node:child_process";
import test from "ava";
import { actShell } from "../../../src/raid/acts/act-shell.ts";
import { bootShell } from "../../../src/raid/acts/boot-shell.ts";
import { uefiShell } from "../../../src/raid/acts/uefi-shell.ts";

/** As efibootmgr 17 lists them; no firmware with entries is within reach of the acts' own story, so it is played here. */
const [here, fresh, gone] = [
  "0c9314fd-5dbd-2343-a099-c6dffd3e50c6",
  "a54b3699-b2e0-4ffc-88d3-630646164977",
  "deadbeef-0000-4000-8000-000000000001",
];
const entry = (number: string, guid: string) =>
  `Boot${number}* debian\tHD(1,GPT,${guid},0x800,0x14000)/File(\\EFI\\DEBIAN\\SHIMX64.EFI)`;
const network = "Boot0003* UEFI PXEv4\tPciRoot(0x0)/Pci(0x3,0x0)/MAC(525400770111,0)/IPv4(0.0.0.00.0.0.0,0,0)";

function play(list: readonly string[], after = list) {
  const text = (lines: readonly string[]) => `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")}`;
  const script = `${actShell}${bootShell}${uefiShell}
e_vars=/tmp made=no
efibootmgr() {
  case $* in
    -v) if [ "$made" = no ]; then ${text(list)}; else ${text(after)}; fi ;;
    *) made=yes; echo "efibootmgr $*" ;;
  esac
}
must() { "$@"; }
disk_serial() { d_text=S3YANX0A0001; }
read() { e_number=2; }
b_partuuid() { case $1 in new) b_guid=${fresh} ;; *) b_guid=${here} ;; esac; }
e_disk=sdz e_to=new e_loader=/EFI/debian/shimx64.efi
e_entry`;
  // The number is read from sysfs, where "new" isn't; and which partitions there are, from the one that is played.
  const played = script
    .replaceAll('"/sys/class/block/$e_to/partition"', "/dev/null")
    .replaceAll("/sys/class/block/*/partition", "/proc/self/status /x/old/partition /x/new/partition")
    .replaceAll('[ -e "$e_path" ] || continue', "case $e_path in /x/*) ;; *) continue ;; esac");
  const { stdout, stderr } = spawnSync("dash", [], { input: played, encoding: "utf8" });
  return { lines: stdout.trim().split("\n"), stderr };
}

test("an entry is made for the new partition, and the one of a partition that is gone is dropped", (t) => {
  const list = ["BootCurrent: 0001", "BootOrder: 0001,00A2,0003", entry("0001", here), entry("00A2", gone), network];
  const { lines, stderr } = play(list, [...list, entry("0004", fresh.toUpperCase())]);
  t.is(stderr, "");
  t.deepEqual(lines, [
    "efibootmgr --quiet --create --disk /dev/sdz --part 2 --label system S3YANX0A0001 --loader \\EFI\\debian\\shimx64.efi",
    "entry 0004",
    "efibootmgr --quiet --delete-bootnum --bootnum 00a2",
    "dropped 00a2",
  ]);
});

test("an entry that is there stays, and nothing else is touched", (t) => {
  const { lines, stderr } = play([entry("0001", here), entry("0005", fresh), network]);
  t.is(stderr, "");
  t.deepEqual(lines, ["entry 0005"]);
});

test("firmware that doesn't keep the entry is told", (t) => {
  t.regex(play([entry("0001", here)]).stderr, /the firmware doesn't keep an entry for new/);
});
