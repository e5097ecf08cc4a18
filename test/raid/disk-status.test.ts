import test from "ava";
import type { Pool } from "../../src/disks.ts";
import { diskStatus } from "../../src/raid/disk-status.ts";
import type { World } from "../../src/raid/world.ts";
import {
  addToArrays,
  failDisk,
  insertDisk,
  pullDisk,
  raid5,
  raid6,
  raid10,
  serials,
  surprisePull,
  twoDisks,
  twoDisksUefi,
  twoNvme,
  unnoticedPull,
  wholeDisks,
  withArray,
  withMember,
  withSmart,
} from "./worlds.ts";

const [A, B, C] = serials as [string, string, string];
const halfway = addToArrays(
  insertDisk(pullDisk(twoDisks(), B), { name: "sdc", serial: "NEW00001" }),
  "NEW00001",
  A,
  false,
);
const withBoot = (world: World, serial: string, change: object): World => ({
  ...world,
  boot: world.boot.map((state) => (state.serial === serial ? { ...state, ...change } : state)),
});
const pool = (state: Pool["state"], redundancyLeft: number, member: Partial<Pool["members"][number]> = {}): World =>
  raid5({
    pools: [
      {
        kind: "zfs",
        name: "tank",
        level: "mirror",
        state,
        said: state.toUpperCase(),
        redundancyLeft,
        members: [{ name: "ata-X-part3", serial: "POOL0001", state: "ok", said: "ONLINE", ...member }],
      },
    ],
  });

for (const [what, world, severity, reason] of [
  [
    "RAID6, two missing, one of them is being rebuilt",
    withArray(
      addToArrays(
        insertDisk(pullDisk(pullDisk(raid6(), B), C), { name: "sdx", serial: "NEW00001" }),
        "NEW00001",
        A,
        false,
      ),
      "md0",
      { degraded: 2 },
    ),
    "at-risk",
    /md0: the last copy: slot 1, 2 of 4/,
  ],
  [
    "a write error while it's being replaced already",
    withArray(raid5(), "md0", {
      syncAction: "recover",
      members: [
        ...(withMember(raid5(), "sda", { states: ["in_sync", "write_error", "want_replacement"] }).arrays[0]?.members ??
          []),
        { device: "sdd", serial: "NEW00001", slot: 0, states: ["spare", "replacement"], errors: 0, badBlocks: [] },
      ],
    }),
    "at-risk",
    /S3YANX0A0001: md0's member sda had write errors/,
  ],
  ["two healthy disks, BIOS", twoDisks(), "ok", undefined],
  ["two healthy disks, UEFI", twoDisksUefi(), "ok", undefined],
  ["two healthy NVMe disks", twoNvme(), "ok", undefined],
  ["RAID5", raid5(), "ok", undefined],
  ["RAID6", raid6(), "ok", undefined],
  ["RAID10", raid10(), "ok", undefined],
  [
    "RAID0 is whole: it never had redundancy",
    withArray(wholeDisks("raid0", 2), "md0", { syncAction: "none" }),
    "ok",
    undefined,
  ],

  ["one half of a mirror failed", failDisk(twoDisks(), B), "at-risk", /^md0: the last copy: slot 1 of 2 isn't in sync/],
  ["one half was pulled", pullDisk(twoDisks(), B), "at-risk", /the last copy: slot 1 of 2/],
  ["one half was pulled without a word", surprisePull(twoDisks(), B), "at-risk", /sdb2: md0's member sdb2 has failed/],
  [
    "one half was pulled without a word, and md shows [UU]",
    unnoticedPull(twoDisks(), B),
    "at-risk",
    /sdb2: md0's member sdb2 has failed \(F\); its disk isn't there any more/,
  ],
  ["RAID5, one pulled, and md shows [UUU]", unnoticedPull(raid5(), B), "at-risk", /md0: the last copy: slot 1 of 3/],
  [
    "members that aren't disks: an array over an array",
    withMember(twoDisks(), "sdb2", { device: "md5", serial: undefined as never }),
    "ok",
    undefined,
  ],
  ["RAID5, one failed", failDisk(raid5(), B), "at-risk", /the last copy: slot 1 of 3/],
  ["RAID6, one failed", failDisk(raid6(), B), "degraded", /md0: slot 1 of 4 isn't in sync; 1 more may fail/],
  ["RAID6, two failed", failDisk(failDisk(raid6(), B), C), "at-risk", /slot 1, 2 of 4/],
  ["RAID10, one failed", failDisk(raid10(), B), "at-risk", /the last copy: slot 1 of 4/],
  ["RAID5, two failed", failDisk(failDisk(raid5(), B), C), "failed", /more members are missing than a raid5 bears/],
  ["RAID10, both of a mirror failed", failDisk(failDisk(raid10(), A), B), "failed", /more members are missing/],
  [
    "an array that was broken by the kernel",
    withArray(twoDisks(), "md1", { state: "broken" }),
    "failed",
    /md1: the kernel takes it for broken/,
  ],
  [
    "an array that wasn't started",
    withArray(twoDisks(), "md1", { state: "inactive" }),
    "failed",
    /md1: it isn't started/,
  ],

  ["a mirror half full again: the new disk isn't to be counted yet", halfway, "rebuilding", /one copy is all there is/],
  [
    "degraded and idle: the adding failed",
    withArray(halfway, "md0", { syncAction: "idle" }),
    "at-risk",
    /md0: the last copy/,
  ],
  [
    "degraded and frozen",
    withArray(failDisk(raid6(), B), "md0", { syncAction: "frozen" }),
    "degraded",
    /syncing is frozen/,
  ],
  [
    "--replace: recovery without anything missing",
    withArray(withMember(raid5(), "sda", { states: ["in_sync", "want_replacement"] }), "md0", {
      syncAction: "recover",
      members: [
        ...(withMember(raid5(), "sda", { states: ["in_sync", "want_replacement"] }).arrays[0]?.members ?? []),
        { device: "sdd", serial: "NEW00001", slot: 0, states: ["spare", "replacement"], errors: 0, badBlocks: [] },
      ],
    }),
    "rebuilding",
    /copied to its replacement; nothing is missing/,
  ],
  [
    "the first resync of a mirror",
    withArray(twoDisks(), "md1", { syncAction: "resync", syncCompleted: 0.1 }),
    "rebuilding",
    /md1: its copies are being made equal/,
  ],
  [
    "a new RAID5, still being built",
    withArray(withMember(raid5(), "sdc", { states: ["spare"] }), "md0", { degraded: 1, syncAction: "recover" }),
    "rebuilding",
    /being rebuilt/,
  ],
  ["a check runs", withArray(twoDisks(), "md1", { syncAction: "check", syncCompleted: 0.5 }), "ok", undefined],
  [
    "a spare and a journal have no slots",
    withArray(raid5(), "md0", {
      members: [
        ...(raid5().arrays[0]?.members ?? []),
        { device: "sdd", serial: "SPARE001", states: ["spare"], errors: 0, badBlocks: [] },
        { device: "sde", serial: "JOURNAL1", states: ["journal"], errors: 0, badBlocks: [] },
      ],
    }),
    "ok",
    undefined,
  ],
  ["write-mostly", withMember(twoDisks(), "sdb2", { states: ["in_sync", "write_mostly"] }), "ok", undefined],
  [
    "the numbers of members aren't slots: a mirror in another order",
    withArray(twoDisks(), "md0", { members: [...(twoDisks().arrays[0]?.members ?? [])].reverse() }),
    "ok",
    undefined,
  ],
  [
    "IMSM's container is inactive by nature",
    withArray(twoDisks(), "md0", { metadata: "external:imsm", state: "inactive", level: "container" }),
    "ok",
    undefined,
  ],

  [
    "[UU] and clean, with a hole that a rebuild copied",
    withMember(withMember(twoDisks(), "sda2", { badBlocks: ["204800 8"] }), "sdb2", { badBlocks: ["204800 8"] }),
    "at-risk",
    /S3YANX0A0001: md0's member sda2 has 8 bad sectors/,
  ],
  [
    "a write error doesn't kick a member",
    withMember(twoDisks(), "sdb3", { states: ["in_sync", "write_error", "want_replacement"] }),
    "at-risk",
    /S3YANX0B0002: md1's member sdb3 had write errors and wants to be replaced/,
  ],
  [
    "mismatches of a mirror",
    withArray(twoDisks(), "md2", { mismatches: 128 }),
    "ok",
    /md2: .*128 sectors that don't match; on a raid1 swap/,
  ],
  [
    "mismatches of a RAID5",
    withArray(raid5(), "md0", { mismatches: 8 }),
    "at-risk",
    /what is rebuilt from them may be wrong/,
  ],
  [
    "no check for 40 days",
    withArray(twoDisks(), "md1", { checkedAgoSeconds: 40 * 86_400 }),
    "ok",
    /md1: no check for 40 days/,
  ],
  [
    "the kernel's log tells nothing of a check",
    withArray(twoDisks(), "md1", { checkedAgoSeconds: undefined as never }),
    "ok",
    undefined,
  ],

  [
    "the kernel had errors with a partition",
    twoDisks({
      kernelErrors: [
        { device: "sdb3", text: "critical medium error" },
        { device: "sdb", text: "I/O error" },
      ],
    }),
    "at-risk",
    /S3YANX0B0002: 2 errors in the kernel's log, the last: I\/O error/,
  ],
  [
    "the kernel had errors with a disk that is gone",
    twoDisks({ kernelErrors: [{ device: "sdx", text: "I/O error" }] }),
    "ok",
    undefined,
  ],

  [
    "one disk has no GRUB in its first sector",
    withBoot(twoDisks(), B, { bootCode: false }),
    "at-risk",
    /S3YANX0B0002: it doesn't start the machine alone: no GRUB/,
  ],
  [
    "one disk's BIOS-boot partition is empty",
    withBoot(twoDisks(), B, { biosBoot: { partition: "sdb1", empty: true, digest: "" } }),
    "at-risk",
    /BIOS-boot partition sdb1 is empty/,
  ],
  [
    "GPT without a BIOS-boot partition",
    withBoot(twoDisks(), B, { biosBoot: undefined }),
    "at-risk",
    /GRUB can't be embedded/,
  ],
  [
    "one ESP is empty",
    withBoot(twoDisksUefi(), B, { esp: { partition: "sdb1", files: {} } }),
    "at-risk",
    /no loader on its EFI system partition sdb1/,
  ],
  [
    "no entry, no fallback",
    withBoot(twoDisksUefi(), B, { entries: [], esp: { partition: "sdb1", files: { "efi/debian/shimx64.efi": "a" } } }),
    "at-risk",
    /no boot entry leads to it/,
  ],
  ["no entry, but the fallback", withBoot(twoDisksUefi(), B, { entries: [] }), "ok", undefined],
  [
    "no disk starts it: the network does",
    withBoot(withBoot(twoDisks(), A, { bootCode: false }), B, { bootCode: false }),
    "ok",
    undefined,
  ],

  [
    "SMART says passed, but sectors are pending",
    withSmart(twoDisks(), B, { passed: true, pending: 3 }),
    "at-risk",
    /3 sectors that couldn't be read \(197\)/,
  ],
  ["reallocated sectors", withSmart(twoDisks(), B, { reallocated: 12 }), "at-risk", /12 reallocated/],
  ["uncorrectable ones", withSmart(twoDisks(), B, { offlineUncorrectable: 1 }), "at-risk", /\(198\)/],
  ["SMART doesn't say passed", withSmart(twoDisks(), B, { passed: false }), "at-risk", /says itself/],
  [
    "CRC errors are the cable's",
    withSmart(twoDisks(), B, { crcErrors: 40 }),
    "ok",
    /40 CRC errors \(199\): look at the cable/,
  ],
  ["SAS: grown defects", withSmart(raid5(), B, { grownDefects: 2 }), "at-risk", /2 grown defects/],
  ["SAS: uncorrected errors", withSmart(raid5(), B, { uncorrectedErrors: 1 }), "at-risk", /1 uncorrected/],
  ["NVMe: a critical warning", withSmart(twoNvme(), B, { criticalWarning: 4 }), "at-risk", /critical warning 0x04/],
  ["NVMe: media errors", withSmart(twoNvme(), B, { mediaErrors: 1 }), "at-risk", /media errors/],
  ["NVMe: worn out", withSmart(twoNvme(), B, { percentageUsed: 101 }), "at-risk", /101 % of its rated life/],
  ["NVMe: its whole rated life, and not more", withSmart(twoNvme(), B, { percentageUsed: 100 }), "ok", undefined],
  [
    "NVMe: spare below its threshold",
    withSmart(twoNvme(), B, { availableSpare: 9 }),
    "at-risk",
    /9 % spare left, threshold 10 %/,
  ],
  [
    "the long self-test failed",
    withSmart(twoDisks(), B, { lastLongTest: { passed: false, hoursAgo: 3 } }),
    "at-risk",
    /self-test failed 3 h ago/,
  ],
  ["SMART is mute, which isn't a pass", withSmart(twoDisks(), B, { available: false }), "ok", /isn't a pass/],

  ["a pool is well", pool("ok", 1), "ok", undefined],
  ["a pool lost its redundancy", pool("degraded", 0), "at-risk", /tank: zfs: DEGRADED; no redundancy is left/],
  ["a pool lost some redundancy", pool("degraded", 1), "degraded", /tank: zfs: DEGRADED/],
  ["a pool resilvers", pool("rebuilding", 0), "rebuilding", /tank/],
  ["a pool failed", pool("failed", 0), "failed", /tank/],
  ["a pool whose state isn't understood", pool("unknown", 0), "at-risk", /tank: zfs: UNKNOWN/],
  [
    "a pool's member had checksum errors",
    pool("ok", 1, { checksumErrors: 2 }),
    "at-risk",
    /POOL0001: tank's member ata-X-part3 had 2 errors/,
  ],
  [
    "a controller predicts a failure",
    pool("ok", 1, { state: "predicted", said: "Predictive Failure" }),
    "at-risk",
    /Predictive Failure/,
  ],
] as const) {
  test(`${severity}: ${what}`, (t) => {
    const status = diskStatus(world);
    const said = status.reasons.map(({ about, text }) => `${about}: ${text}`);
    t.is(status.severity, severity, said.join("\n"));
    if (reason === undefined) t.deepEqual(said, []);
    else
      t.true(
        said.some((line) => reason.test(line)),
        said.join("\n"),
      );
  });
}

test("the worst reason is told first", (t) => {
  const world = withSmart(withArray(failDisk(raid5(), B), "md0", { state: "inactive" }), A, {
    crcErrors: 1,
    pending: 1,
  });
  t.deepEqual(
    diskStatus(world).reasons.map(({ severity }) => severity),
    ["failed", "at-risk", "degraded", "ok"],
  );
});

test("a disk's line tells where it is, what it is in, and whether it starts the machine", (t) => {
  const world = withMember(failDisk(twoDisks(), B), "sda3", { badBlocks: ["1000 8", "5000 16"] });
  const lit = { ...world, bays: world.bays.map((bay) => (bay.serial === B ? { ...bay, locate: true } : bay)) };
  const [a, b] = diskStatus(lit).disks;
  t.like(a, {
    serial: A,
    slot: "0",
    led: "off",
    badBlocks: 24,
    bootable: true,
    severity: "at-risk",
    memberOf: ["md0", "md1", "md2"],
  });
  t.like(b, { serial: B, slot: "1", led: "locate", badBlocks: 0, bootable: false, severity: "failed" });
});

test("a disk that isn't meant to start the machine says nothing of it", (t) => {
  t.true(diskStatus(raid5()).disks.every((disk) => disk.bootable === undefined));
});
