import { redundancyGate } from "../../../src/raid/gates/redundancy.ts";
import type { World } from "../../../src/raid/world.ts";
import {
  failDisk,
  raid5,
  raid6,
  raid10,
  removeFromArrays,
  serials,
  twoDisks,
  wholeDisks,
  withArray,
  withMember,
} from "../worlds.ts";
import { target } from "./questions.ts";
import { mirror, tryGate } from "./table.ts";

const [sda, , sdc, sdd] = serials as [string, string, string, string];
const without = (world: World, ...gone: readonly string[]) => gone.reduce(removeFromArrays, world);

tryGate(redundancyGate, [
  ["RAID1, both in sync", mirror(), ["pass md0: raid1, 1 of 2 in_sync on other disks"]],
  [
    "RAID1, the last copy",
    without(mirror(), sda),
    ["refuse md0: raid1, 0 of 2 in_sync on other disks: the target holds the last copy"],
  ],
  [
    "RAID1, the other one still recovers",
    withMember(mirror(), "sda", { states: ["spare"] }),
    ["refuse md0: raid1, 0 of 2 in_sync on other disks: the target holds the last copy"],
  ],
  [
    "RAID1, the other one is faulty and not yet removed",
    withMember(mirror(), "sda", { states: ["in_sync", "faulty"] }),
    ["refuse md0: raid1, 0 of 2 in_sync on other disks: the target holds the last copy"],
  ],
  [
    "the target is faulty: nothing goes with it",
    failDisk(mirror(), target),
    [`pass md0: ${target} holds nothing of it any more; 1 of 2 in_sync on other disks`],
  ],
  [
    "the target is removed",
    without(mirror(), target),
    [`pass md0: ${target} holds nothing of it any more; 1 of 2 in_sync on other disks`],
    { planned: mirror() },
  ],
  [
    "the target is removed from several arrays, each of which the plan knows",
    without(twoDisks(), target),
    [0, 1, 2].map((n) => `pass md${n}: ${target} holds nothing of it any more; 1 of 2 in_sync on other disks`),
    { planned: twoDisks() },
  ],
  ["people know it by its title", mirror({ title: "root" }), ["pass md0 (root): raid1, 1 of 2 in_sync on other disks"]],
  [
    "while --replace runs, its place is on another disk, too",
    withArray(mirror(), "md0", {
      members: [
        ...(mirror().arrays[0]?.members ?? []),
        { device: "sdz", serial: "NEW", slot: 1, states: ["in_sync", "replacement"], errors: 0, badBlocks: [] },
      ],
    }),
    [`pass md0: ${target} holds nothing of it any more; 2 of 2 in_sync on other disks`],
  ],
  ["RAID5, whole", raid5(), ["pass md0: raid5, 2 of 3 in_sync on other disks"]],
  [
    "RAID5 lacks one: the kernel would fail the second one without a word",
    without(raid5(), sdc),
    ["refuse md0: raid5, 1 of 3 in_sync on other disks: 2 disks would be missing, it bears 1"],
  ],
  ["RAID6 lacks one", without(raid6(), sdc), ["pass md0: raid6, 2 of 4 in_sync on other disks"]],
  [
    "RAID6 lacks two",
    without(raid6(), sdc, sdd),
    ["refuse md0: raid6, 1 of 4 in_sync on other disks: 3 disks would be missing, it bears 2"],
  ],
  ["RAID10, whole", raid10(), ["pass md0: raid10, 3 of 4 in_sync on other disks"]],
  [
    "RAID10, its mirror is gone",
    without(raid10(), sda),
    ["refuse md0: raid10, 2 of 4 in_sync on other disks: slots 0+1 would have no copy left"],
  ],
  [
    "RAID10, one of the other mirror is gone",
    without(raid10(), sdc),
    ["pass md0: raid10, 2 of 4 in_sync on other disks"],
  ],
  [
    "RAID10 far, whole",
    withArray(raid10(), "md0", { layout: 0x201 }),
    ["pass md0: raid10, 3 of 4 in_sync on other disks"],
  ],
  [
    "RAID10 far lacks one: who mirrors whom isn't known",
    withArray(without(raid10(), sdc), "md0", { layout: 0x201 }),
    ["refuse md0: raid10, 2 of 4 in_sync on other disks: who mirrors whom isn't known, and not all others are in_sync"],
  ],
  [
    "RAID10 of three lacks one",
    without(wholeDisks("raid10", 3), sdc),
    ["refuse md0: raid10, 1 of 3 in_sync on other disks: who mirrors whom isn't known, and not all others are in_sync"],
  ],
  [
    "RAID10 with one copy",
    withArray(raid10(), "md0", { layout: 0x101 }),
    ["refuse md0: raid10, 3 of 4 in_sync on other disks: its layout keeps no second copy"],
  ],
  [
    "RAID0",
    withArray(mirror(), "md0", { level: "raid0" }),
    ["refuse md0: raid0, 1 of 2 in_sync on other disks: raid0 keeps no second copy"],
  ],
  [
    "linear",
    withArray(mirror(), "md0", { level: "linear" }),
    ["refuse md0: linear, 1 of 2 in_sync on other disks: linear keeps no second copy"],
  ],
  [
    "add-first asks the same: what is missing is filled first",
    without(mirror(), sda),
    ["refuse md0: raid1, 0 of 2 in_sync on other disks: the target holds the last copy"],
    { mode: "add-first" },
  ],
]);
