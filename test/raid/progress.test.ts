import test from "ava";
import type { Disk } from "../../src/disks.ts";
import { makePlan } from "../../src/raid/make-plan.ts";
import {
  isAdded,
  isFailed,
  isPartitioned,
  isRebuilt,
  isRemoved,
  isTargetPresent,
  judgeNewDisk,
  newDisks,
  placesOf,
  vanishedOthers,
} from "../../src/raid/progress.ts";
import type { World } from "../../src/raid/world.ts";
import { type DiskSpec, makeArray } from "./world-builder.ts";
import {
  addToArrays,
  failDisk,
  insertDisk,
  pullDisk,
  raid5,
  raid10,
  removeFromArrays,
  serials,
  surprisePull,
  twoDisks,
  twoDisksUefi,
  unnoticedPull,
  withArray,
  withMember,
} from "./worlds.ts";

const [A, B, C] = serials as [string, string, string];
const N = "NEW00001";
const plan = makePlan(twoDisks(), B);
const healthy = twoDisks();
const failed = failDisk(healthy, B);
const removed = removeFromArrays(healthy, B);
const pulled = pullDisk(healthy, B);
const inserted = insertDisk(pulled, { name: "sdc", serial: N });
const recovering = addToArrays(inserted, N, A, false);
const rebuilt = addToArrays(inserted, N, A);
const unnoticed = unnoticedPull(healthy, B);
const oneOfThree = withMember(withMember(healthy, "sdb2", { states: ["faulty"] }), "sdb4", { states: ["faulty"] });

for (const [what, world, expected] of [
  ["healthy", healthy, { failed: false, removed: false, here: true, added: false, rebuilt: false }],
  [
    "failed in two of three arrays",
    oneOfThree,
    { failed: false, removed: false, here: true, added: false, rebuilt: false },
  ],
  ["failed", failed, { failed: true, removed: false, here: true, added: false, rebuilt: false }],
  ["removed", removed, { failed: true, removed: true, here: true, added: false, rebuilt: false }],
  ["pulled", pulled, { failed: true, removed: true, here: false, added: false, rebuilt: false }],
  [
    "pulled without a word, noticed",
    surprisePull(healthy, B),
    { failed: true, removed: false, here: false, added: false, rebuilt: false },
  ],
  [
    "pulled without a word, not noticed yet",
    unnoticed,
    { failed: true, removed: false, here: false, added: false, rebuilt: false },
  ],
  ["the new one is in", inserted, { failed: true, removed: true, here: false, added: false, rebuilt: false }],
  ["added to all", recovering, { failed: true, removed: true, here: false, added: true, rebuilt: false }],
  ["rebuilt", rebuilt, { failed: true, removed: true, here: false, added: true, rebuilt: true }],
  [
    "rebuilt but for one array",
    withArray(rebuilt, "md1", { syncAction: "recover" }),
    { failed: true, removed: true, here: false, added: true, rebuilt: false },
  ],
  [
    "an array isn't there any more",
    { ...rebuilt, arrays: rebuilt.arrays.slice(1) },
    { failed: false, removed: false, here: false, added: false, rebuilt: false },
  ],
  [
    "names changed",
    JSON.parse(JSON.stringify(rebuilt).replaceAll("sdc", "sdb")) as World,
    { failed: true, removed: true, here: false, added: true, rebuilt: true },
  ],
] as const) {
  test(`where it is: ${what}`, (t) =>
    t.deepEqual(
      {
        failed: isFailed(world, plan),
        removed: isRemoved(world, plan),
        here: isTargetPresent(world, plan),
        added: isAdded(world, plan, N),
        rebuilt: isRebuilt(world, plan, N),
      },
      expected,
    ));
}

test("the same disk again: rebuilt with it, not without it", (t) => {
  t.true(isRebuilt(healthy, plan, B));
  t.false(isRebuilt(healthy, plan));
  t.false(isRebuilt(failed, plan, B));
});

test("the survivor was pulled without a word: not rebuilt, whatever md shows", (t) =>
  t.false(isRebuilt(unnoticedPull(rebuilt, A), plan, N)));

test("a new disk that is in the wrong partition's array isn't added", (t) => {
  const crossed = withMember(recovering, "sdc2", { device: "sdc4" });
  t.false(isAdded(crossed, plan, N));
});

test("another disk than the target vanished: at once, by its serial, with where it was", (t) => {
  const six = makePlan(raid10(), B);
  t.deepEqual(vanishedOthers(pulled, plan), []);
  t.deepEqual(vanishedOthers(pullDisk(healthy, A), plan), [A]);
  t.deepEqual(vanishedOthers(pullDisk(pullDisk(raid10(), C), A), six), [A, C]);
  t.deepEqual(
    placesOf(healthy, A).map((one) => `${one.array}:${one.partition}`),
    ["md0:2", "md1:3", "md2:4"],
  );
  t.deepEqual(
    placesOf(raid5(), A).map((one) => `${one.array}:${one.partition}`),
    ["md0:0"],
  );
  t.deepEqual(placesOf(healthy, "NOBODY01"), []);
});

test("a new disk is who wasn't here; who was here all the time without a serial isn't new", (t) => {
  const before = insertDisk(healthy, { name: "sdz" });
  const after = insertDisk(insertDisk(before, { name: "sdc", serial: N }), { name: "sdd" });
  const names = (disks: readonly Disk[]) => disks.map((disk) => disk.name);
  t.deepEqual(names(newDisks(after, plan)), ["sdc"]);
  t.deepEqual(names(newDisks(after, plan, before)), ["sdc", "sdd"]);
  t.deepEqual(names(newDisks(insertDisk(pulled, { name: "sdc", serial: B }), plan)), [], "the old one again isn't new");
});

const judged = (world: World, name = "sdc") =>
  judgeNewDisk(world, plan, world.disks.find((disk) => disk.name === name) as Disk);
const put = (spec: Partial<DiskSpec>) => insertDisk(pulled, { name: "sdc", serial: N, ...spec });
const size = plan.target.sizeBytes;
const foreign = (others: readonly string[] = []): World => {
  const world = put({});
  return {
    ...world,
    arrays: [
      ...world.arrays,
      makeArray(
        { name: "md127", level: "raid1", disks: ["sdc", ...others], partition: 0, memberBytes: 1e9 },
        world.disks,
      ),
    ],
  };
};
const mounted: World = {
  ...foreign(),
  blocks: [
    ...foreign().blocks,
    { name: "md127", type: "raid1", parents: ["sdc"], sizeBytes: 1e9, mountPoints: ["/mnt"] },
  ],
};

for (const [what, world, verdict] of [
  ["blank and as large", put({}), { kind: "ok" }],
  ["larger", put({ sizeBytes: size * 2 }), { kind: "ok" }],
  ["one sector smaller", put({ sizeBytes: size - 512 }), { kind: "too-small", bytes: 512 }],
  ["4-KiB sectors", put({ over: { logicalSectorBytes: 4096 } }), { kind: "sector-size", logicalSectorBytes: 4096 }],
  ["a stick", put({ over: { removable: true } }), { kind: "removable" }],
  ["a USB disk", put({ over: { transport: "usb" } }), { kind: "removable" }],
  ["without a serial", insertDisk(pulled, { name: "sdc" }), { kind: "no-serial" }],
  ["the old one again", put({ serial: B }), { kind: "same-disk-again" }],
  ["the old one again, smaller than itself", put({ serial: B, sizeBytes: 1 }), { kind: "same-disk-again" }],
  [
    "the old one by its WWN, under another serial",
    put({ over: { wwn: plan.target.wwn as string } }),
    { kind: "same-disk-again" },
  ],
  ["a serial that another disk has, too", insertDisk(put({}), { name: "sdd", serial: N }), { kind: "no-serial" }],
  ["used before: a foreign array assembled itself from it alone", foreign(), { kind: "ok" }],
  ["it is half of an array with a disk of ours", foreign(["sda"]), { kind: "in-use", by: "md127" }],
  ["it is half of an array whose other half is missing", { ...foreign(["sdq"]) }, { kind: "in-use", by: "md127" }],
  ["somebody has mounted what is on it", mounted, { kind: "in-use", by: "/mnt" }],
  [
    "it is in a pool",
    {
      ...put({}),
      pools: [
        {
          kind: "zfs",
          name: "tank",
          level: "mirror",
          state: "ok",
          said: "ONLINE",
          redundancyLeft: 1,
          members: [{ name: "sdc", serial: N, state: "ok", said: "ONLINE" }],
        },
      ],
    },
    { kind: "in-use", by: "tank" },
  ],
] as const satisfies readonly (readonly [string, World, object])[]) {
  test(`may it be the new disk: ${what}`, (t) => t.deepEqual(judged(world), verdict as never));
}

test("partitioned: every partition that the plan needs, and large enough", (t) => {
  t.false(isPartitioned(inserted, plan, N));
  t.true(isPartitioned(recovering, plan, N));
  t.false(isPartitioned(recovering, plan, "NOBODY01"));
  const shrunk = {
    ...recovering,
    disks: recovering.disks.map((disk) => ({
      ...disk,
      partitions: disk.partitions.map((one) => ({ ...one, sizeBytes: one.sizeBytes - 512 })),
    })),
  };
  t.false(isPartitioned(shrunk, plan, N));
  const uefi = makePlan(twoDisksUefi(), B);
  const half = addToArrays(insertDisk(pullDisk(twoDisksUefi(), B), { name: "sdc", serial: N }), N, A);
  const noEsp = {
    ...half,
    disks: half.disks.map((disk) => (disk.serial === N ? { ...disk, partitions: disk.partitions.slice(1) } : disk)),
  };
  t.true(isPartitioned(half, uefi, N));
  t.false(isPartitioned(noEsp, uefi, N));
  t.true(
    isPartitioned(insertDisk(raid5(), { name: "sdz", serial: N }), makePlan(raid5(), B), N),
    "whole disks need none",
  );
});
