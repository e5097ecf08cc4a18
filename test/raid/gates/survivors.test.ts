import type { BootState, KernelError } from "../../../src/disks.ts";
import { lastCopyGate } from "../../../src/raid/gates/last-copy.ts";
import { smartGate } from "../../../src/raid/gates/smart.ts";
import { startsAloneGate } from "../../../src/raid/gates/starts-alone.ts";
import type { World } from "../../../src/raid/world.ts";
import { pullDisk, raid5, twoDisks, twoDisksUefi, wholeDisks, withArray, withMember, withSmart } from "../worlds.ts";
import { daySeconds, survivor, target } from "./questions.ts";
import { mirror, type Row, tryGate } from "./table.ts";

const smart = (change: Parameters<typeof withSmart>[2]) => withSmart(mirror(), survivor, change);
const unchecked = (world: World) => withArray(world, "md0", { checkedAgoSeconds: undefined as never });

tryGate(smartGate, [
  ["well, and tested", mirror(), [`pass ${survivor}: passed, long self-test passed 4 days ago`]],
  [
    "says passed, and has errors that weren't corrected",
    smart({ uncorrectedErrors: 2 }),
    [`confirm smart:${survivor} ${survivor}: 2 uncorrected errors`],
  ],
  [
    "two pending sectors and one that can't be corrected",
    smart({ protocol: "ata", pending: 2, offlineUncorrectable: 1 }),
    [
      `confirm smart:${survivor} ${survivor}: 2 sectors that couldn't be read (197); 1 sectors that can't be corrected (198)`,
    ],
  ],
  [
    "NVMe: worn out",
    smart({ protocol: "nvme", percentageUsed: 101, mediaErrors: 4 }),
    [`confirm smart:${survivor} ${survivor}: 4 media errors; 101 % of its rated life are used`],
  ],
  ["failed", smart({ passed: false }), [`confirm smart:${survivor} ${survivor}: it says itself that it is failing`]],
  ["not available", smart({ available: false }), [`confirm smart:${survivor} ${survivor}: SMART isn't available`]],
  ["no report at all", { ...mirror(), smart: [] }, [`confirm smart:${survivor} ${survivor}: SMART isn't available`]],
  [
    "absent isn't passed",
    smart({ passed: undefined as never }),
    [`confirm smart:${survivor} ${survivor}: SMART says neither passed nor failed`],
  ],
  [
    "a bad cable",
    smart({ crcErrors: 7 }),
    [
      `pass ${survivor}: passed, long self-test passed 4 days ago`,
      `warn ${survivor}: 7 CRC errors (199): look at the cable and the backplane, not at the disk`,
    ],
  ],
  [
    "tested long ago, but the array was checked",
    smart({ lastLongTest: { passed: true, hoursAgo: 720 } }),
    [`warn ${survivor}: passed, long self-test passed 30 days ago; its arrays were checked meanwhile`],
  ],
  [
    "tested long ago, and the array was checked too long ago",
    withArray(smart({ lastLongTest: { passed: true, hoursAgo: 720 } }), "md0", {
      checkedAgoSeconds: 35 * daySeconds + 1,
    }),
    [`confirm smart:${survivor} ${survivor}: passed, long self-test passed 30 days ago`],
  ],
  [
    "never read whole",
    unchecked(smart({ lastLongTest: undefined as never })),
    [`confirm smart:${survivor} ${survivor}: passed, no long self-test on record`],
  ],
  [
    "the target's own SMART says nothing about the others",
    withSmart(mirror(), target, { passed: false }),
    [`pass ${survivor}: passed, long self-test passed 4 days ago`],
  ],
  [
    "each survivor by its name",
    withSmart(raid5(), "S3YANX0C0003", { passed: false }),
    [
      `pass ${survivor}: passed, long self-test passed 4 days ago`,
      "confirm smart:S3YANX0C0003 S3YANX0C0003: it says itself that it is failing",
    ],
  ],
]);

const clean = `md0: ${survivor} is in_sync, 0 bad blocks; no errors of them in the kernel's log`;
const hole = withMember(mirror(), "sda", { badBlocks: ["204800 8"] });
const holeSeen = `md0: ${survivor} is in_sync, 1 bad block ranges (204800 8)`;
const logged = (...kernelErrors: readonly KernelError[]) => ({ ...mirror(), kernelErrors });

tryGate(lastCopyGate, [
  ["no holes", mirror(), [`pass ${clean}`]],
  ["a latent hole under a clean [UU]", hole, [`refuse ${holeSeen}`]],
  [
    "who accepts the loss is asked for no more than that",
    hole,
    [`confirm data-loss ${holeSeen}`],
    { surroundings: { acceptsDataLoss: true } },
  ],
  [
    "a write error: still in_sync",
    withMember(mirror(), "sda", { states: ["in_sync", "write_error"] }),
    [`refuse md0: ${survivor} is in_sync,write_error, 0 bad block ranges`],
  ],
  ["the target's own holes go with it", withMember(mirror(), "sdb", { badBlocks: ["8 8"] }), [`pass ${clean}`]],
  [
    "read errors that were corrected",
    withMember(mirror(), "sda", { errors: 3 }),
    [`pass ${clean}`, `warn md0: ${survivor} had 3 read errors that were corrected`],
  ],
  [
    "I/O errors of the survivor",
    logged({ device: "sda", text: "I/O error, dev sda, sector 4711" }, { device: "sda", text: "the last" }),
    ["refuse the kernel's log has 2 errors of sda, the last: the last"],
  ],
  ["I/O errors of the target", logged({ device: "sdb", text: "I/O error, dev sdb, sector 4711" }), [`pass ${clean}`]],
  [
    "the array itself couldn't be read",
    logged({ device: "md0", text: "unrecoverable I/O read error for block 202752" }),
    ["refuse the kernel's log has 1 errors of md0, the last: unrecoverable I/O read error for block 202752"],
  ],
  [
    "no copy could be read, although the line names the target",
    logged({ device: "sdb", text: "md/raid1:md0: sdb: unrecoverable I/O read error for block 202752" }),
    [
      "refuse the kernel's log has 1 errors of sdb, the last: md/raid1:md0: sdb: unrecoverable I/O read error for block 202752",
    ],
  ],
  [
    "md says that the target has left",
    logged({ device: "md0", text: "md/raid1:md0: Disk failure on sdb, disabling device." }),
    [`pass ${clean}`],
  ],
  [
    "a line of the array about the target",
    logged({ device: "md0", text: "md/raid1:md0: sdb: rescheduling sector 16" }),
    [`pass ${clean}`],
  ],
  [
    "a line of the array about a survivor",
    logged({ device: "md0", text: "md/raid1:md0: sda: rescheduling sector 16" }),
    ["refuse the kernel's log has 1 errors of md0, the last: md/raid1:md0: sda: rescheduling sector 16"],
  ],
  [
    "another array's errors",
    logged({ device: "md7", text: "unrecoverable I/O read error for block 1" }),
    [`pass ${clean}`],
  ],
]);

const boot = (world: World, change: Partial<BootState>): World => ({
  ...world,
  boot: world.boot.map((state) => (state.serial === survivor ? { ...state, ...change } : state)),
});
const without = (world: World, key: "biosBoot" | "esp"): World => boot(world, { [key]: undefined });
const loaders = { "efi/debian/shimx64.efi": "5f1e", "efi/debian/grubx64.efi": "77ab", "efi/boot/bootx64.efi": "5f1e" };
const esp = (files: Record<string, string>) => ({ partition: "sda1", files });

const dos = (world: World, startBytes: number): World => ({
  ...world,
  disks: world.disks.map((disk) => ({
    ...disk,
    partitions: disk.partitions.map((one) => ({ ...one, startBytes: one.startBytes - 2 ** 20 + startBytes })),
  })),
  blocks: world.blocks.map((block, index) =>
    block.type === "part" ? { ...block, partUuid: `1234abcd-0${index % 10}` } : block,
  ),
});

const bios: readonly Row[] = [
  ["GRUB everywhere", twoDisks(), [`pass ${survivor}: GRUB in its first sector and in sda1, a part of /boot`]],
  ["no boot code", boot(twoDisks(), { bootCode: false }), [`warn ${survivor}: no GRUB in its first sector`]],
  [
    "an empty BIOS-boot partition",
    boot(twoDisks(), { biosBoot: { partition: "sda1", empty: true, digest: "0" } }),
    [`warn ${survivor}: its BIOS-boot partition sda1 is empty`],
  ],
  [
    "another core.img than the target's",
    boot(twoDisks(), { biosBoot: { partition: "sda1", empty: false, digest: "0" } }),
    [`warn ${survivor}: sda1 isn't the same as sdb1`],
  ],
  [
    "a GPT without a place for it",
    without(twoDisks(), "biosBoot"),
    [`refuse ${survivor}: no BIOS-boot partition, so embedding is not possible`],
  ],
  [
    "an MBR with a gap",
    dos(without(twoDisks(), "biosBoot"), 2 ** 20),
    [`pass ${survivor}: GRUB in its first sector, a part of /boot`],
  ],
  [
    "an MBR of old, with 31 KiB",
    dos(without(twoDisks(), "biosBoot"), 63 * 512),
    [`warn ${survivor}: only 31 KiB between the MBR and the first partition`],
  ],
  ["not read", { ...twoDisks(), boot: twoDisks().boot.slice(1) }, [`refuse ${survivor}: its boot loader wasn't read`]],
  [
    "its copy of /boot isn't in sync",
    withMember(twoDisks(), "sda2", { states: ["spare"] }),
    [`refuse ${survivor}: its copy of md0, which it is started from, isn't in sync`],
  ],
  [
    "nobody else has /boot",
    {
      ...twoDisks(),
      blocks: twoDisks().blocks.map((block) => (block.name === "md0" ? { ...block, parents: ["sdb2"] } : block)),
    },
    [`refuse no survivor has a part of /boot: without ${target} nothing starts`],
  ],
  ["data disks only", wholeDisks("raid1", 2), [`pass ${target} doesn't start the machine: others do`]],
  [
    "the target is gone: its survivors are looked at all the same",
    boot(pullDisk(twoDisks(), target), { bootCode: false }),
    [`warn ${survivor}: no GRUB in its first sector`],
    { planned: twoDisks() },
  ],
];

/** The plan knows no boot partition of the target. */
const bare = { plan: { biosBoot: undefined as never, esp: undefined as never } };
const dead = (world: World) => boot(world, { bootCode: false });
const asked: readonly Row[] = [
  ["a part of /boot is enough", dead(twoDisks()), [`warn ${survivor}: no GRUB in its first sector`], bare],
  [
    "of a disk that is gone nobody knows what it had",
    dead(pullDisk(twoDisks(), target)),
    [`warn ${survivor}: no GRUB in its first sector`],
    { planned: twoDisks(), ...bare },
  ],
];

const hybrid: Row = [
  "BIOS: what an ESP beside it holds says nothing",
  boot(twoDisks(), { esp: { ...esp({}), unread: true } }),
  [`pass ${survivor}: GRUB in its first sector and in sda1, a part of /boot`],
];

const uefi: readonly Row[] = [
  ["loaders everywhere", twoDisksUefi(), [`pass ${survivor}: sda1 holds the loaders, entry 0001, a part of /boot`]],
  [
    "no entry, but the fallback",
    boot(twoDisksUefi(), { entries: [] }),
    [`pass ${survivor}: sda1 holds the loaders, fallback, a part of /boot`],
  ],
  [
    "neither entry nor fallback",
    boot(twoDisksUefi(), { entries: [], esp: esp({ "efi/debian/grubx64.efi": "77ab" }) }),
    [`warn ${survivor}: no boot entry leads to it, and it has no EFI/BOOT/BOOT*.EFI`],
  ],
  [
    "another loader than the target's",
    boot(twoDisksUefi(), { esp: esp({ ...loaders, "efi/debian/grubx64.efi": "old" }) }),
    [`warn ${survivor}: sda1 has another efi/debian/grubx64.efi than sdb1`],
  ],
  [
    "a loader is missing",
    boot(twoDisksUefi(), { esp: esp({ "efi/boot/bootx64.efi": "5f1e", "efi/debian/shimx64.efi": "5f1e" }) }),
    [`warn ${survivor}: sda1 lacks efi/debian/grubx64.efi of sdb1`],
  ],
  [
    "an empty ESP",
    boot(twoDisksUefi(), { esp: esp({}) }),
    [`warn ${survivor}: no loader on its EFI system partition sda1`],
  ],
  [
    "an ESP that couldn't be read",
    boot(twoDisksUefi(), { esp: { ...esp({}), unread: true } }),
    [`refuse ${survivor}: its EFI system partition sda1 couldn't be read`],
  ],
  ["no ESP", without(twoDisksUefi(), "esp"), [`refuse ${survivor}: no EFI system partition`]],
];

tryGate(startsAloneGate, [...bios, ...asked, hybrid, ...uefi]);
