import { targetGate } from "../../../src/raid/gates/target.ts";
import { wrongDiskGate } from "../../../src/raid/gates/wrong-disk.ts";
import type { World } from "../../../src/raid/world.ts";
import {
  failDisk,
  insertDisk,
  pullDisk,
  raid6,
  removeFromArrays,
  serials,
  surprisePull,
  twoDisks,
  withArray,
  withMember,
  withSmart,
} from "../worlds.ts";
import { survivor, target } from "./questions.ts";
import { mirror, tryGate } from "./table.ts";

const [sda, , sdc] = serials as [string, string, string];
const without = (world: World, ...gone: readonly string[]) => gone.reduce(removeFromArrays, world);

tryGate(targetGate, [
  ["one disk with a serial", mirror(), [`pass ${target} is sdb, ST1000NX0313, 1000.0 GiB, slot 1`]],
  ["no serial", mirror(), ["refuse the target has no serial"], { plan: { target: { ...bare(), serial: " " } } }],
  [
    "two disks with one serial",
    { ...mirror(), disks: mirror().disks.map((disk) => ({ ...disk, serial: target })) },
    [`refuse ${target} is 2 disks: sda, sdb`],
    { planned: mirror(), plan: { target: { ...bare() } } },
  ],
  [
    "dead, but on record",
    surprisePull(mirror(), target),
    [`warn ${target} doesn't answer any more; on record: ST1000NX0313, slot 1`],
    { planned: mirror() },
  ],
  [
    "nobody ever saw it",
    pullDisk(mirror(), target),
    [`refuse no disk of web01 has the serial ${target}`],
    { planned: mirror(), plan: { knownSerials: [survivor] } },
  ],
  [
    "a neighbour whose serial ends like its own",
    insertDisk(mirror(), { name: "sdz", serial: "OTHER0002" }),
    [`pass ${target} is sdb, ST1000NX0313, 1000.0 GiB, slot 1`, `warn ${target} ends in 0002 as OTHER0002 does`],
  ],
]);

tryGate(wrongDiskGate, [
  ["all in sync", mirror(), [`pass md0: ${target} is in_sync, and so is every other member`]],
  ["it is the faulty one", failDisk(mirror(), target), [`pass md0: ${target} holds nothing of it any more`]],
  [
    "the other one is faulty",
    failDisk(mirror(), sda),
    [`refuse md0: ${target} is healthy and in_sync, but ${sda} is faulty`],
  ],
  [
    "the other one is missing",
    without(mirror(), sda),
    [`refuse md0: ${target} is healthy and in_sync, but a place is empty`],
  ],
  [
    "a faulty one stands beside a whole array",
    withArray(mirror(), "md0", {
      members: [
        ...(mirror().arrays[0]?.members ?? []),
        { device: "sdx", states: ["faulty"], errors: 0, badBlocks: [] },
      ],
    }),
    [`refuse md0: ${target} is healthy and in_sync, but sdx is faulty`],
  ],
  [
    "a RAID6 lacks one, and the target is ill, too",
    withSmart(without(raid6(), sdc), target, { uncorrectedErrors: 3 }),
    [`pass md0: a place is empty, but ${target} is ill itself: 3 uncorrected errors`],
  ],
  [
    "a write error makes it ill: md says in_sync all the same",
    withMember(without(raid6(), sdc), "sdb", { states: ["in_sync", "write_error"], badBlocks: ["120000 1"] }),
    [`pass md0: a place is empty, but ${target} is ill itself: write_error in md0; bad blocks in md0`],
  ],
  [
    "faulty in one array, the last copy in another: not well, so another gate decides",
    withMember(withMember(twoDisks(), "sdb2", { states: ["faulty"], slot: undefined as never }), "sda3", {
      states: ["faulty"],
      slot: undefined as never,
    }),
    [
      `pass md0: ${target} holds nothing of it any more`,
      `pass md1: ${sda} is faulty, but ${target} is ill itself: faulty in md0`,
      `pass md2: ${target} is in_sync, and so is every other member`,
    ],
  ],
]);

function bare() {
  return { serial: target, sizeBytes: 1, logicalSectorBytes: 512, neighbours: [] };
}
