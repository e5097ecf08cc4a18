import test from "ava";
import type { Block } from "../../src/disks.ts";
import { ProvisionError } from "../../src/errors.ts";
import { fingerprintOf } from "../../src/raid/fingerprint.ts";
import { makePlan, type PlanOptions } from "../../src/raid/make-plan.ts";
import type { SwapPlan } from "../../src/raid/swap-plan.ts";
import type { World } from "../../src/raid/world.ts";
import { arrayUuid } from "./world-builder.ts";
import {
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
const places = (plan: SwapPlan) => plan.memberships.map((one) => `${one.array}:${one.partition}@${one.slot ?? "-"}`);
const withBlocks = (world: World, change: (block: Block) => Block): World => ({
  ...world,
  blocks: world.blocks.map(change),
});
const asMbr = (world: World) =>
  withBlocks(world, (block) =>
    block.type === "part" ? { ...block, partUuid: `1a2b3c4d-0${block.name.at(-1)}` } : block,
  );
const moved = (world: World, serial: string): World => ({
  ...world,
  disks: world.disks.map((disk) =>
    disk.serial === serial
      ? {
          ...disk,
          partitions: disk.partitions.map((one) =>
            one.number === 3 ? { ...one, startBytes: one.startBytes + 4096 } : one,
          ),
        }
      : disk,
  ),
});
const freeBay = (world: World, source: "enclosure" | "pcie" = "enclosure"): World => ({
  ...world,
  bays: [...world.bays, { slot: "9", source }],
});
const withoutPartitions = (world: World, serial: string): World => ({
  ...removeFromArrays(world, serial),
  disks: world.disks.map((disk) => (disk.serial === serial ? { ...disk, partitions: [] } : disk)),
});

/** /boot first, then swap, then the bulk: by what is to be copied. */
const allThree = ["md0:2@1", "md2:4@1", "md1:3@1"];
for (const [what, world, recorded] of [
  ["healthy", twoDisks(), undefined],
  ["failed", failDisk(twoDisks(), B), undefined],
  ["removed from its arrays, still in its bay", removeFromArrays(twoDisks(), B), undefined],
  ["pulled, on record", pullDisk(twoDisks(), B), twoDisks()],
  ["pulled without a word, on record", surprisePull(twoDisks(), B), twoDisks()],
  ["pulled, and md doesn't know yet, on record", unnoticedPull(twoDisks(), B), twoDisks()],
  ["pulled, nothing on record: as the survivor is laid out", pullDisk(twoDisks(), B), undefined],
  ["it has forgotten its partitions, on record", withoutPartitions(twoDisks(), B), twoDisks()],
] as const satisfies readonly (readonly [string, World, World | undefined])[]) {
  test(`its places in arrays, smallest first: ${what}`, (t) => {
    const plan = makePlan(world, B, { recorded });
    t.deepEqual(places(plan), allThree);
    t.deepEqual(plan.survivors, [A]);
    t.deepEqual(plan.knownSerials, [A, B]);
    t.is(plan.target.sizeBytes, twoDisks().disks[1]?.sizeBytes as number);
  });
}

test("of an old disk whose arrays are whole again nothing is planned", (t) => {
  const again = { ...twoDisks(), disks: [...twoDisks().disks] };
  const old = insertDisk(again, { name: "sdx", serial: "OLD00001" });
  t.throws(() => makePlan(old, "OLD00001"), { instanceOf: ProvisionError, code: "no-swap-plan" });
});

test("whole disks need no table, have partition 0, and their neighbours stay", (t) => {
  const plan = makePlan(raid10(), B);
  t.deepEqual(places(plan), ["md0:0@1"]);
  t.deepEqual(plan.table, { kind: "none" });
  t.deepEqual(
    plan.target.neighbours.map((one) => one.serial),
    [A, C],
  );
  t.deepEqual(plan.memberships[0]?.arrayUuid, arrayUuid("md0"));
});

for (const [what, world, table] of [
  ["GPT, laid out alike: from the survivor", twoDisks(), { kind: "survivor", serial: A, label: "gpt" }],
  ["GPT, another start: from the record", moved(twoDisks(), A), { kind: "record", label: "gpt" }],
  [
    "GPT, another type of a partition: from the record",
    withBlocks(twoDisks(), (block) =>
      block.name === "sda4" ? { ...block, partType: "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" } : block,
    ),
    { kind: "record", label: "gpt" },
  ],
  [
    "the survivor has other sectors: from the record",
    {
      ...twoDisks(),
      disks: twoDisks().disks.map((disk) => (disk.serial === A ? { ...disk, logicalSectorBytes: 4096 } : disk)),
    },
    { kind: "record", label: "gpt" },
  ],
  ["MBR: from the record", asMbr(twoDisks()), { kind: "record", label: "dos" }],
] as const satisfies readonly (readonly [string, World, object])[]) {
  test(`the new disk's table: ${what}`, (t) => t.deepEqual(makePlan(world, B).table, table as never));
}

test("UEFI: the ESP with where it is mounted, and swap beside the arrays", (t) => {
  const [a, b] = [makePlan(twoDisksUefi(), A), makePlan(twoDisksUefi(), B)];
  t.like(a.esp, { partition: 1, mountPoint: "/boot/efi" });
  t.is(b.esp?.mountPoint, undefined);
  t.is(b.esp?.partition, 1);
  t.is(a.biosBoot, undefined);
  t.like(a.swaps[0], { partition: 4, active: true });
  t.not(a.swaps[0]?.uuid, b.swaps[0]?.uuid);
});

test("an ESP that is a mirror comes back with its array", (t) => {
  const world = withBlocks(twoDisksUefi(), (block) =>
    block.name === "sda1" ? { ...block, content: "linux_raid_member" } : block,
  );
  t.is(makePlan(world, A).esp, undefined);
});

test("nothing on record: a survivor's ESP and swap aren't taken for the lost disk's", (t) => {
  const plan = makePlan(pullDisk(twoDisksUefi(), B), B);
  t.deepEqual(plan.esp, { partition: 1 });
  t.deepEqual(plan.swaps, []);
});

test("BIOS: the BIOS-boot partition, and 0 for the gap behind an MBR", (t) => {
  t.deepEqual(makePlan(twoDisks(), B).biosBoot, { partition: 1 });
  const mbr = asMbr(twoDisks());
  const bare = {
    ...withBlocks(mbr, ({ partType: _type, ...block }) => block),
    boot: mbr.boot.map(({ biosBoot: _biosBoot, ...state }) => state),
  };
  t.deepEqual(makePlan(bare, B).biosBoot, { partition: 0 });
  t.is(makePlan(raid5(), B).biosBoot, undefined);
});

for (const [what, world, options, mode] of [
  ["nobody knows whether bays may be opened", twoDisks(), {}, "cold"],
  ["they may not", twoDisks(), { hotSwap: false }, "cold"],
  ["they may", twoDisks(), { hotSwap: true }, "hot"],
  ["they may, and one is free", freeBay(raid5()), { hotSwap: true }, "add-first"],
  ["they may, and a slot for cards is empty", freeBay(raid5(), "pcie"), { hotSwap: true }, "hot"],
  ["one is free, the old disk has failed", freeBay(failDisk(raid5(), B)), { hotSwap: true }, "hot"],
  ["one is free, but bays may not be opened", freeBay(raid5()), {}, "cold"],
  ["the old disk is gone, and its bay is free", pullDisk(twoDisks(), B), { hotSwap: true }, "hot"],
  ["somebody chose", twoDisks(), { hotSwap: true, mode: "cold" }, "cold"],
] as const satisfies readonly (readonly [string, World, PlanOptions, string])[]) {
  test(`${mode}: ${what}`, (t) => t.is(makePlan(world, B, options).mode, mode));
}

for (const [what, world, serial, words] of [
  ["a disk that nobody knows, nothing missing", twoDisks(), "NOBODY01", /isn't here, is on no record/],
  [
    "a disk that is in no array",
    insertDisk(twoDisks(), { name: "sdc", serial: "NEW00001" }),
    "NEW00001",
    /in no array/,
  ],
  [
    "a journal",
    withArray(raid5(), "md0", {
      members: [
        ...(raid5().arrays[0]?.members.slice(0, 2) ?? []),
        { device: "sdc", serial: C, states: ["journal"], errors: 0, badBlocks: [] },
      ],
    }),
    C,
    /md0's journal/,
  ],
  ["IMSM", withArray(twoDisks(), "md1", { metadata: "external:/md127/0" }), B, /firmware RAID/],
] as const) {
  test(`no plan: ${what}`, (t) => {
    const thrown = t.throws(() => makePlan(world, serial), { instanceOf: ProvisionError, code: "no-swap-plan" });
    t.regex(thrown?.message ?? "", words);
  });
}

const renamed = (world: World): World =>
  JSON.parse(JSON.stringify(world).replaceAll("sda", "sdX").replaceAll("sdb", "sda").replaceAll("sdX", "sdb")) as World;
const shuffled = (world: World): World => ({
  ...world,
  disks: world.disks.toReversed(),
  arrays: world.arrays.toReversed(),
  bootId: "another",
});
for (const [what, world, same] of [
  ["names changed over a boot (F4)", shuffled(renamed(twoDisks())), true],
  [
    "a mounted array's events went on",
    withMember(withMember(twoDisks(), "sda3", { events: 99 }), "sdb3", { events: 98 }),
    true,
  ],
  ["a check began", withArray(twoDisks(), "md1", { syncAction: "check" }), true],
  ["a member failed", failDisk(twoDisks(), A), false],
  ["a disk came", insertDisk(twoDisks(), { name: "sdc", serial: "NEW00001" }), false],
  ["a disk went", pullDisk(twoDisks(), A), false],
  ["a recovery began", withArray(twoDisks(), "md1", { syncAction: "recover" }), false],
  ["a hole was noted", withMember(twoDisks(), "sda3", { badBlocks: ["1 1"] }), false],
  ["a member lags behind", withMember(twoDisks(), "sdb3", { events: 12 }), false],
] as const) {
  test(`the plan ${same ? "still fits" : "doesn't fit any more"}: ${what}`, (t) =>
    t.is(fingerprintOf(world) === makePlan(twoDisks(), B).fingerprint, same));
}

test("a plan goes through JSON, and holds no name of the moment", (t) => {
  for (const world of [twoDisks(), twoDisksUefi(), raid5()]) {
    const plan = makePlan(world, B, { hotSwap: true });
    t.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
    t.notRegex(JSON.stringify(plan), /"sd[a-z]|nvme\dn/);
  }
});
