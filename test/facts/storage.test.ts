import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { blocks } from "../../src/facts/blocks.ts";
import { bootLoaders } from "../../src/facts/boot-loaders.ts";
import { firmware } from "../../src/facts/firmware.ts";
import { hostname } from "../../src/facts/hostname.ts";
import { lvm } from "../../src/facts/lvm.ts";
import { machineId } from "../../src/facts/machine-id.ts";

const linesOf = (path: string) =>
  readFileSync(join(import.meta.dirname, path), "utf8")
    .trimEnd()
    .split("\n");
const captured = (name: string) => linesOf(`captures/${name}.txt`);
const mirrors = linesOf("../captures/raid/lsblk/two-mirrors.json");

const find = (lines: readonly string[], name: string) => blocks.parse(lines).filter((one) => one.name === name);

test("blocks: an array that lsblk repeats under each member is there once, with both as parents", (t) => {
  t.deepEqual(find(mirrors, "md0"), [
    {
      ...{ name: "md0", type: "raid1", parents: ["sda3", "sdb3"], sizeBytes: 67043328, content: "ext4" },
      ...{ uuid: "af4f4cfe-db61-43bf-9053-7f72e7c05eff", mountPoints: ["/mnt/b"] },
    },
  ]);
  t.deepEqual(
    blocks.parse(mirrors).map(({ name }) => name),
    ["sda", "sda1", "sda2", "sda3", "md0", "sda4", "md1", "sdb", "sdb1", "sdb2", "sdb3", "sdb4", "nvme0n1"],
  );
});

test("blocks: a partition has its type, its content and no mount point that is null", (t) => {
  t.deepEqual(find(mirrors, "sda2"), [
    {
      ...{ name: "sda2", type: "part", parents: ["sda"], sizeBytes: 41943040, content: "vfat", label: "ESP0" },
      ...{ uuid: "F08C-F581", partType: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" },
      ...{ partUuid: "655eed5a-e53e-11f1-bccd-a7746e69b503", mountPoints: [] },
    },
  ]);
});

test("blocks: LVM's names are those that people know, and their parents, too; swap that is on", (t) => {
  const [swap] = find(captured("blocks-lvm"), "vg0-swap");
  t.like(swap, { kernelName: "dm-0", type: "lvm", parents: ["md127"], content: "swap" });
  t.deepEqual(swap?.mountPoints, ["[SWAP]"]);
  t.deepEqual(find(captured("blocks-lvm"), "vg0-www")[0]?.mountPoints, ["/srv/two words"]);
  t.deepEqual(find(captured("blocks-lvm"), "md127")[0]?.parents, ["sda4", "sdb4"]);
});

const old = {
  ...{ name: "data", kname: "dm-1", pkname: null, type: "crypt", size: "1048576", fstype: null },
  ...{ parttype: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", mountpoint: "/data" },
  children: [{ name: "data-a", kname: "dm-2", pkname: "dm-1", type: "lvm", size: "4096", mountpoint: null }],
};

test("blocks: an older lsblk has one mount point, sizes as text, and types in capital letters", (t) => {
  t.deepEqual(blocks.parse([JSON.stringify({ blockdevices: [old] })]), [
    {
      ...{ name: "data", kernelName: "dm-1", type: "crypt", parents: [], sizeBytes: 1048576 },
      ...{ partType: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", mountPoints: ["/data"] },
    },
    { name: "data-a", kernelName: "dm-2", type: "lvm", parents: ["data"], sizeBytes: 4096, mountPoints: [] },
  ]);
});

for (const [says, lines] of [
  ["no lsblk", []],
  ["half of an answer", ['{"blockdevices": [']],
] as const) {
  test(`blocks: ${says} is an empty list`, (t) => t.deepEqual(blocks.parse(lines), []));
}

const core = "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58";

test("bootLoaders: of a BIOS machine whose second disk alone has GRUB and files", (t) => {
  t.deepEqual(bootLoaders.parse(captured("boot-loaders-bios")), {
    firmware: "bios",
    disks: [
      {
        ...{ disk: "sda", serial: "S3YANX0A0001", bootCode: false, entries: [] },
        biosBoot: { partition: "sda1", empty: true, digest: core },
        esp: { partition: "sda2", uuid: "9A95-C782", files: {} },
      },
      {
        ...{ disk: "sdb", serial: "S3YANX0A0002", bootCode: true, entries: [] },
        biosBoot: { partition: "sdb1", empty: true, digest: core },
        esp: {
          ...{ partition: "sdb2", uuid: "9A94-FCB6" },
          files: {
            "efi/boot/bootx64.efi": "2fab32e1c9b2563de012ad885944a89a91e95ae99f72e420136a5b3c57361f09",
            "efi/debian/shimx64.efi": "b7c748b4a4d1c37826a11b7bd04068a24094832a969948118b75e48a2dfd23e6",
          },
        },
      },
      { disk: "vda", serial: "SYSTEM", bootCode: false, entries: [] },
    ],
  });
});

/** As efibootmgr -v prints it, 17 and before with `File(…)`, from 18 on without, and then with the path and data again. */
const efi = [
  "BootCurrent: 0003",
  "BootOrder: 0003,0001,0005,0002,0009",
  String.raw`Boot0001* debian	HD(2,GPT,6B503B88-85e0-2042-a49e-a78c46eb264a,0x800,0x100000)/File(\EFI\debian\shimx64.efi)`,
  String.raw`Boot0002  debian (old)	HD(2,GPT,6b503b88-85e0-2042-a49e-a78c46eb264a,0x800,0x100000)/File(\EFI\old\shimx64.efi)`,
  String.raw`Boot0003* debian (second disk)	PciRoot(0x0)/Pci(0x1f,0x2)/Sata(1,65535,0)/HD(2,GPT,aaaa3b88-85e0-2042-a49e-a78c46eb264a,0x800,0x100000)/\EFI\debian\shimx64.efi`,
  "      dp: 04 01 2a 00 02 00 00 00",
  "    data: 48 44 28 32",
  "Boot0005* UEFI: PXE	PciRoot(0x0)/Pci(0x2,0x0)/MAC(525400770111,1)/IPv4(0.0.0.0,0,0)",
  String.raw`Boot0007* not in the order	HD(2,GPT,6b503b88-85e0-2042-a49e-a78c46eb264a,0x800,0x100000)/File(\EFI\x.efi)`,
  String.raw`Boot0009* of an MBR	HD(1,MBR,0x12ab34c,0x800,0x100000)/File(\EFI\debian\grubx64.efi)`,
].map((line) => `efi=${line}`);

test("bootLoaders: boot entries belong to the disk with their partition, in the firmware's order, if they are active", (t) => {
  const disk = (name: string, part: string) => [`disk=${name}`, "serial=", `part=${part}`];
  const { firmware: kind, disks } = bootLoaders.parse([
    "firmware=uefi",
    ...disk("sda", "6b503b88-85e0-2042-a49e-a78c46eb264a"),
    ...disk("sdb", "aaaa3b88-85e0-2042-a49e-a78c46eb264a"),
    ...disk("sdc", "012ab34c-01"),
    ...disk("sdd", ""),
    ...efi,
  ]);
  t.is(kind, "uefi");
  t.deepEqual(
    disks.map(({ entries }) => entries),
    [["0001"], ["0003"], ["0009"], []],
  );
});

test("bootLoaders: an ESP that couldn't be read says so, and isn't mixed up with the next one's files", (t) => {
  const file = `file=${core}  ./EFI/a=b/GRUB x.EFI`;
  const { disks } = bootLoaders.parse([
    "disk=sda",
    "part=1",
    "esp=sda1 ",
    "unread=yes",
    "disk=sdb",
    "part=2",
    "esp=sdb1 AB-CD",
    file,
    "part=3",
    "esp=sdb3 x",
    `file=${core}  ./second`,
  ]);
  t.deepEqual(
    disks.map(({ esp }) => esp),
    [
      { partition: "sda1", files: {}, unread: true },
      { partition: "sdb1", uuid: "AB-CD", files: { "efi/a=b/grub x.efi": core } },
    ],
  );
});

test("lvm: a physical volume with its group, one without, one that is missing", (t) => {
  t.deepEqual(lvm.parse(captured("lvm-vg")), [
    {
      ...{ device: "/dev/md127", uuid: "VZmUDq-TWyI-FLwv-HmUs-ZHMq-xoZ4-O8VA3N", group: "vg0" },
      ...{ groupUuid: "9oXD3K-PrUi-jeAC-6F7q-HIvl-a3T2-GXhis1", sizeBytes: 62914560, freeBytes: 29360128 },
      missing: false,
    },
  ]);
  const pv = [{ pv_name: "/dev/sdc" }, { pv_name: "[unknown]", vg_name: "vg0", pv_missing: "missing" }];
  t.deepEqual(
    lvm.parse([JSON.stringify({ report: [{ pv }] })]).map(({ device, group, missing }) => [device, group, missing]),
    [
      ["/dev/sdc", undefined, false],
      ["[unknown]", "vg0", true],
    ],
  );
  t.deepEqual(lvm.parse([]), []);
});

test("names of a host, and what started it", (t) => {
  t.is(hostname.parse(["web01"]), "web01");
  t.is(machineId.parse(["aa01a2a1e6895973c1ea14d0abf27f2e"]), "aa01a2a1e6895973c1ea14d0abf27f2e");
  t.is(machineId.parse([]), "");
  t.is(firmware.parse(["uefi"]), "uefi");
  t.is(firmware.parse([]), "bios");
});
