import test from "ava";
import { ProvisionError } from "../../../src/errors.ts";
import { readRecord } from "../../../src/raid/acts/record-host.ts";
import { parseDump, sectorsNeeded } from "../../../src/raid/acts/sfdisk-dump.ts";

/** As sfdisk 2.38.1 wrote them on the virtual machine of test/raid/real/acts.test.ts. */
const gpt = `label: gpt
label-id: ADB27ECC-6FF3-4728-933B-2553156A1E1C
device: /dev/nvme0n1
unit: sectors
first-lba: 2048
last-lba: 653312
sector-size: 512

/dev/nvme0n1p1 : start=        2048, size=        2048, type=21686148-6449-6E6F-744E-656564454649, uuid=A54B3699-B2E0-4FFC-88D3-630646164977
/dev/nvme0n1p12 : start=        4096, size=      204800, type=A19D880F-05FC-4D3B-A006-743F0F84911E, uuid=96049F22-0632-4AA6-9FFA-5A1E0A76339C, name="boot, size= 7", attrs="LegacyBIOSBootable"
`;

const dos = `label: dos
label-id: 0x31b2c8a5
device: /dev/sdc
unit: sectors
sector-size: 512

/dev/sdc1 : start=        2048, size=       32768, type=fd, bootable
/dev/sdc2 : start=       65536, size=       65536, type=5
/dev/sdc5 : start=       67584, size=       16384, type=83
`;

test("a GPT's dump loses what belongs to the old disk, and keeps the rest", (t) => {
  const table = parseDump(gpt);
  t.deepEqual(
    table.partitions.map(({ number, start, size }) => [number, start, size]),
    [
      [1, 2048, 2048],
      [12, 4096, 204_800],
    ],
  );
  t.is(table.partitions[1]?.type, "a19d880f-05fc-4d3b-a006-743f0f84911e");
  t.is(table.partitions[1]?.uuid, "96049f22-0632-4aa6-9ffa-5a1e0a76339c");
  t.notRegex(table.script, /uuid=|label-id|last-lba|^device/m);
  t.regex(table.script, /^\/dev\/nvme0n1p12 : .*type=A19D.*, name="boot, size= 7", attrs="LegacyBIOSBootable"$/m);
  t.is(sectorsNeeded(table), 4096 + 204_800 + 33);
});

test("an MBR's dump keeps its numbers, its bootable one and its logical ones", (t) => {
  const table = parseDump(dos);
  t.deepEqual(
    table.partitions.map(({ number, type }) => `${number} ${type}`),
    ["1 fd", "2 5", "5 83"],
  );
  t.regex(table.script, /type=fd, bootable$/m);
  t.is(sectorsNeeded(table), 131_072);
});

for (const [says, text] of [
  ["nothing", ""],
  ["another kind of table", gpt.replace("label: gpt", "label: sun")],
  ["another unit", gpt.replace("unit: sectors", "unit: cylinders")],
  ["a line without a start", gpt.replace("start=        2048, ", "")],
  ["a device without a number", gpt.replace("/dev/nvme0n1p12 ", "/dev/nvme-data ")],
] as const) {
  test(`no dump that can be used: ${says}`, (t) => {
    t.is(t.throws(() => parseDump(text), { instanceOf: ProvisionError })?.code, "act-unreadable");
  });
}

const word = (text: string) => Buffer.from(text).toString("base64");
const line = (key: string, name: string, text: string) => `${key} ${word(name)} ${word(text)}`;
const minimal = [line("hostname", "-", "web01\n"), line("bootId", "-", "54bb\n"), line("firmware", "-", "uefi\n")];

test("a record: tables by serial number, whatever that is made of; what isn't there is absent", (t) => {
  const record = readRecord([
    ...minimal,
    line("disk", "S 1\n@refuse", "sda 1000204886016 512 pci-0000:00:1f.2-ata-1\n"),
    line("disk", "S2", "sdb 1000204886016 4096 -\n"),
    line("table", "S 1\n@refuse", dos),
    line("array", "md0", "/dev/md0:\n"),
    line("guests", "-", "one\n"),
    line("guests", "-", "two\n"),
    "complete",
  ]);
  t.deepEqual(record.tables, { "S 1\n@refuse": dos });
  t.deepEqual(record.disks[0], {
    serial: "S 1\n@refuse",
    name: "sda",
    sizeBytes: 1_000_204_886_016,
    logicalSectorBytes: 512,
    path: "pci-0000:00:1f.2-ata-1",
  });
  t.deepEqual(record.disks[1], { serial: "S2", name: "sdb", sizeBytes: 1_000_204_886_016, logicalSectorBytes: 4096 });
  t.is(record.firmware, "uefi");
  t.is(record.guests, "one\ntwo");
  t.false("fstab" in record);
  t.deepEqual(JSON.parse(JSON.stringify(record)), record);
});

for (const [says, lines] of [
  ["cut off", minimal],
  ["without the host's name", [...minimal.slice(1), "complete"]],
  ["with words of somebody else", [...minimal, "WARNING", "complete"]],
] as const) {
  test(`no record: ${says}`, (t) => {
    t.is(t.throws(() => readRecord(lines), { instanceOf: ProvisionError })?.code, "act-unreadable");
  });
}
