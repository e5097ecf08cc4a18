import test from "ava";
import type { RaidArray } from "../../src/disks.ts";
import { isRebuilt, movedSince, rebuildProgress } from "../../src/raid/rebuild.ts";
import type { World } from "../../src/raid/world.ts";
import { GiB } from "./world-builder.ts";
import {
  addToArrays,
  failDisk,
  insertDisk,
  pullDisk,
  raid5,
  raid6,
  raid10,
  serials,
  twoDisks,
  withArray,
  withMember,
} from "./worlds.ts";

const [A, B] = serials as [string, string];
const md = (world: World, name = "md0") => world.arrays.find((array) => array.name === name) as RaidArray;
const inserted = insertDisk(pullDisk(twoDisks(), B), { name: "sdc", serial: "NEW00001" });
const spare = {
  device: "sdd",
  serial: "NEW00001",
  slot: 0,
  states: ["spare", "replacement"],
  errors: 0,
  badBlocks: [],
};

for (const [what, array, rebuilt] of [
  ["healthy", md(twoDisks()), true],
  ["idle, because the adding failed", md(inserted), false],
  ["recovering", md(addToArrays(inserted, "NEW00001", A, false)), false],
  ["recovered", md(addToArrays(inserted, "NEW00001", A)), true],
  ["recovered, and a check has begun", md(withArray(twoDisks(), "md0", { syncAction: "check" })), true],
  ["degraded reads 0, a slot isn't in sync", md(withMember(twoDisks(), "sdb2", { states: ["spare"] })), false],
  ["all in sync, degraded reads 1", md(withArray(twoDisks(), "md0", { degraded: 1 })), false],
  ["the first resync", md(withArray(twoDisks(), "md0", { syncAction: "resync" })), false],
  ["waits for another array", md(withArray(twoDisks(), "md0", { syncAction: "recover" })), false],
  ["broken, though [UU]", md(withArray(twoDisks(), "md0", { state: "broken" })), false],
  [
    "--replace: idle before it begins",
    md(withArray(raid5(), "md0", { members: [...md(raid5()).members, spare] })),
    false,
  ],
  [
    "--replace: done, the old one is (F)",
    md(
      withArray(failDisk(raid5(), A), "md0", {
        degraded: 0,
        members: [...md(failDisk(raid5(), A)).members, { ...spare, states: ["in_sync"] }],
      }),
    ),
    true,
  ],
] as const) {
  test(`${rebuilt ? "over" : "not over"}: ${what}`, (t) => t.is(isRebuilt(array), rebuilt));
}

const running = { syncAction: "recover", syncCompleted: 0.25, syncKibPerSecond: 102_400 };
for (const [what, array, remainingSeconds] of [
  [
    "mirror: three quarters of a member at 100 MiB/s",
    md(withArray(twoDisks(), "md1", running), "md1"),
    (0.75 * 900 * 1024) / 100,
  ],
  ["RAID5: a member, not the array", md(withArray(raid5(), "md0", running)), (0.75 * 999 * 1024) / 100],
  ["RAID6", md(withArray(raid6(), "md0", running)), (0.75 * 999 * 1024) / 100],
  ["RAID10, recovery: a member", md(withArray(raid10(), "md0", running)), (0.75 * 999 * 1024) / 100],
  [
    "RAID10, check: the whole array",
    md(withArray(raid10(), "md0", { ...running, syncAction: "check" })),
    (0.75 * 2 * 999 * 1024) / 100,
  ],
  ["no speed yet", md(withArray(twoDisks(), "md1", { ...running, syncKibPerSecond: 0 }), "md1"), undefined],
] as const) {
  test(`ETA: ${what}`, (t) => {
    const progress = rebuildProgress(array);
    t.is(progress?.completed, 0.25);
    t.is(progress?.remainingSeconds, remainingSeconds === undefined ? undefined : Math.round(remainingSeconds));
  });
}

test("what waits for another array has no progress, and what is idle or frozen has no line at all", (t) => {
  t.deepEqual(rebuildProgress(md(withArray(twoDisks(), "md1", { syncAction: "recover" }), "md1")), {
    action: "recover",
  });
  for (const syncAction of ["idle", "frozen", "none"])
    t.is(rebuildProgress(md(withArray(twoDisks(), "md1", { syncAction }), "md1")), undefined);
});

const at = (name: string, syncCompleted: number) =>
  withArray(twoDisks(), name, { syncAction: "recover", syncCompleted });
for (const [what, before, now, moved] of [
  ["the same place", at("md1", 0.5), at("md1", 0.5), false],
  ["further", at("md1", 0.5), at("md1", 0.51), true],
  ["another array's turn", at("md0", 0.99), at("md1", 0), true],
  ["ended", at("md1", 0.99), twoDisks(), true],
  [
    "names changed over a reboot, nothing else",
    at("md1", 0.5),
    {
      ...at("md1", 0.5),
      arrays: at("md1", 0.5).arrays.map((array) => ({
        ...array,
        members: array.members.map((one) => ({ ...one, device: `x${one.device}` })),
      })),
    },
    false,
  ],
  [
    "errors were counted: not a move",
    at("md1", 0.5),
    {
      ...at("md1", 0.5),
      arrays: at("md1", 0.5).arrays.map((array) => ({
        ...array,
        sizeBytes: GiB,
        members: array.members.map((one) => ({ ...one, errors: 9 })),
      })),
    },
    false,
  ],
] as const) {
  test(`${moved ? "moved" : "stalls"}: ${what}`, (t) => t.is(movedSince(before, now), moved));
}
