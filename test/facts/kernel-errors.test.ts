import test from "ava";
import { kernelErrors } from "../../src/facts/kernel-errors.ts";

const of = (...lines: string[]) => kernelErrors.parse(lines);

for (const [says, line, device] of [
  [
    "a disk",
    "<3>[   12.345678] I/O error, dev sdb, sector 14008336 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2",
    "sdb",
  ],
  ["an older kernel's words", "<3>[   12.3] blk_update_request: I/O error, dev sda, sector 8", "sda"],
  [
    "the medium",
    "<2>[   12.3] blk_update_request: critical medium error, dev nvme0n1, sector 8 op 0x0:(READ)",
    "nvme0n1",
  ],
  ["a partition", "<3>[   12.3] Buffer I/O error on dev sda3, logical block 16, async page read", "sda3"],
  ["an array", "<3>[   12.3] Buffer I/O error on dev md0, logical block 25344, async page read", "md0"],
  ["LVM", "<3>[   12.3] Buffer I/O error on dev dm-0, logical block 1, lost async page write", "dm-0"],
  [
    "the hole in the last copy",
    "<2>[   12.3] md/raid1:md0: sda3: unrecoverable I/O read error for block 202752",
    "sda3",
  ],
  [
    "the same, of nobody knows which member",
    "<2>[   12.3] md/raid1:md0: ???: unrecoverable I/O read error for block 8",
    "md0",
  ],
  ["a parity array", "<3>[ 19733.99] md/raid:md2: read error not correctable (sector 2208 on sdb6).", "sdb6"],
  [
    "an NVMe's own words",
    "<3>[   12.3] nvme0n1: Read(0x2) @ LBA 8, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81)",
    "nvme0n1",
  ],
  [
    "an NVMe's older words",
    "<3>[   12.3] nvme1n1: I/O Cmd(0x2) @ LBA 8, 8 blocks, I/O Error (sct 0x2 / sc 0x81)",
    "nvme1n1",
  ],
  ["a virtual disk", "<3>[   12.3] I/O error, dev vda, sector 8 op 0x0:(READ)", "vda"],
  ["with the printing thread", "<3>[   12.3][  T101] I/O error, dev sda, sector 8", "sda"],
  ["without times", "<3>I/O error, dev sda, sector 8", "sda"],
  ["a superblock, nobody named", "<3>[   12.3] md: super_written gets error=-5", "md"],
  ["a warning isn't an error", "<4>[   12.3] I/O error, dev sda, sector 8", undefined],
  ["another program's words aren't the kernel's", "<11>[   12.3] I/O error, dev sda, sector 8", undefined],
  ["a floppy drive that nobody has", "<3>[   12.3] I/O error, dev fd0, sector 0 op 0x0:(READ)", undefined],
  [
    "discarding loses nothing",
    "<3>[   12.3] critical target error, dev sda, sector 8 op 0x3:(DISCARD) flags 0x800",
    undefined,
  ],
  ["a member that somebody failed", "<2>[   12.3] md/raid1:md127: Disk failure on sda4, disabling device.", undefined],
  [
    "a read that another copy healed",
    "<6>[   12.3] md/raid1:md0: read error corrected (8 sectors at 2048 on sdb1)",
    undefined,
  ],
  ["ports and memory", "<6>[   2.1] 00:03: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200) is a 16550A", undefined],
  ["something else that failed", "<3>[   12.3] ACPI Error: AE_NOT_FOUND", undefined],
] as const) {
  test(`kernelErrors: ${says}`, (t) => t.deepEqual(of(line)[0]?.device, device));
}

test("kernelErrors: what a line holds", (t) => {
  t.deepEqual(of("<3>[ 19732.858812] I/O error, dev sdb, sector 1", "<3>I/O error, dev sdb, sector 2"), [
    { device: "sdb", text: "I/O error, dev sdb, sector 1", atSeconds: 19732 },
    { device: "sdb", text: "I/O error, dev sdb, sector 2" },
  ]);
});

test("kernelErrors: a superblock that couldn't be written is of the disk named right before", (t) => {
  const found = of("<3>[ 1.0] I/O error, dev sdb, sector 1", "<3>[ 1.1] md: super_written gets error=-5");
  t.deepEqual(
    found.map(({ device }) => device),
    ["sdb", "sdb"],
  );
});

test("kernelErrors: the last fifty", (t) => {
  const found = of(...Array.from({ length: 60 }, (_, index) => `<3>[ ${index}.0] I/O error, dev sda, sector ${index}`));
  t.is(found.length, 50);
  t.is(found.at(-1)?.atSeconds, 59);
});

test("kernelErrors: what was said of a name before another disk got it isn't the new one's", (t) => {
  const lines = [
    "<3>[   12.3] I/O error, dev sdb, sector 8",
    "<3>[   12.4] Buffer I/O error on dev sdb3, logical block 16, async page read",
    "<3>[   12.5] I/O error, dev sdba, sector 8",
    "<5>[   99.0] sd 0:0:1:0: [sdb] Attached SCSI disk",
  ];
  t.deepEqual(
    of(...lines).map(({ device }) => device),
    ["sdba"],
  );
  t.deepEqual(of(...lines, "<3>[  120.0] I/O error, dev sdb, sector 9").at(-1)?.atSeconds, 120);
});
