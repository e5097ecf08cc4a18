import test from "ava";
import fc from "fast-check";
import type { Member, RaidArray } from "../../src/disks.ts";
import { mirrorsOf } from "../../src/raid/mirrors.ts";
import { isLost, redundancyLeft, survivesWithout } from "../../src/raid/redundancy.ts";
import { makeArray, makeDisk } from "./world-builder.ts";
import { failDisk, raid5, raid6, raid10, serials, twoDisks, wholeDisks, withArray, withMember } from "./worlds.ts";

/** What a slot's member is in the model: `holes` lists chunks that it can't give. */
interface Slot {
  readonly state: "whole" | "holes" | "faulty" | "missing" | "recovering";
  readonly holes: readonly number[];
}

interface Model {
  readonly level: string;
  readonly layout: number;
  readonly slots: readonly Slot[];
}

const chunks = 12;

/** Can this slot give this chunk? A recovering one can't be relied on for any. */
const gives = (slot: Slot | undefined, chunk: number) =>
  slot !== undefined && (slot.state === "whole" || (slot.state === "holes" && !slot.holes.includes(chunk)));

/** Disks that hold chunk `chunk` of a RAID10: drivers/md/raid10.c, `__raid10_find_phys`, without far sets. */
function holders(layout: number, count: number, chunk: number): number[] {
  const [near, far] = [layout & 0xff, (layout >> 8) & 0xff];
  return Array.from({ length: near }, (_, copy) => (chunk * near + copy) % count).flatMap((first) =>
    Array.from({ length: far }, (_, set) => (first + set * near) % count),
  );
}

/** By brute force: is every chunk still readable when these slots are gone? */
function survives({ level, layout, slots }: Model, gone: readonly number[]): boolean {
  const left = (chunk: number) => slots.map((slot, at) => !gone.includes(at) && gives(slot, chunk));
  const bears = { raid5: 1, raid6: 2, raid0: 0 }[level];
  return Array.from({ length: chunks }, (_, chunk) => chunk).every((chunk) => {
    const good = left(chunk);
    if (bears !== undefined) return good.filter((one) => !one).length <= bears;
    const where = level === "raid1" ? slots.map((_, at) => at) : holders(layout, slots.length, chunk);
    return where.some((at) => good[at]);
  });
}

function arrayOf({ level, layout, slots }: Model): RaidArray {
  const names = slots.map((_, at) => `sd${"abcdefgh"[at]}`);
  const disks = names.map((name) => makeDisk({ name, serial: `SERIAL-${name}` }));
  const array = makeArray({ name: "md0", level, disks: names, partition: 0, memberBytes: 1e9 }, disks);
  const members = array.members.flatMap((member, at): Member[] => {
    const { slot: _slot, ...bare } = member;
    const slot = slots[at] as Slot;
    switch (slot.state) {
      case "whole":
        return [member];
      case "holes":
        return [{ ...member, badBlocks: slot.holes.map((chunk) => `${chunk * 8} 8`) }];
      case "faulty":
        return [{ ...bare, states: ["faulty"] }];
      case "recovering":
        return [{ ...member, states: ["spare"] }];
      default:
        return [];
    }
  });
  const degraded = slots.filter((slot) => slot.state !== "whole" && slot.state !== "holes").length;
  return { ...array, layout, members, degraded };
}

const slot: fc.Arbitrary<Slot> = fc.record({
  state: fc.constantFrom("whole", "whole", "whole", "holes", "faulty", "missing", "recovering"),
  holes: fc.uniqueArray(fc.nat(chunks - 1), { minLength: 1, maxLength: 3 }),
});

const model: fc.Arbitrary<Model> = fc.constantFrom("raid0", "raid1", "raid5", "raid6", "raid10").chain((level) =>
  fc.record({
    level: fc.constant(level),
    slots: fc.array(slot, { minLength: 4, maxLength: 6 }),
    layout: level === "raid10" ? fc.constantFrom(0x102, 0x103, 0x201, 0x10201, 0x202, 0x101) : fc.constant(0),
  }),
);

const subsets = (count: number, size: number): number[][] =>
  size === 0
    ? [[]]
    : subsets(count, size - 1).flatMap((set) =>
        Array.from({ length: count }, (_, at) => at).flatMap((at) =>
          set.every((one) => one < at) ? [[...set, at]] : [],
        ),
      );

test("so many disks as it says may fail, whichever they are, and everything is still readable", (t) => {
  let promising = 0;
  fc.assert(
    fc.property(model, (drawn) => {
      const left = redundancyLeft(arrayOf(drawn));
      if (left > 0) promising++;
      for (const gone of subsets(drawn.slots.length, left).slice(0, left > 0 ? undefined : 0))
        if (!survives(drawn, gone)) return false;
      return true;
    }),
    { numRuns: 4000, seed: 4 },
  );
  t.true(promising > 200, `only ${promising} arrays had any redundancy to try`);
});

test("no removal that it allows loses a chunk", (t) => {
  let allowed = 0;
  fc.assert(
    fc.property(model, fc.uniqueArray(fc.nat(5), { maxLength: 3 }), (drawn, gone) => {
      const safe = survivesWithout(arrayOf(drawn), gone);
      if (safe) allowed++;
      return !safe || survives(drawn, gone);
    }),
    { numRuns: 8000, seed: 4 },
  );
  t.true(allowed > 500, `only ${allowed} removals were allowed`);
});

test("what is safe is allowed, too, where the layout is known and nothing has holes", (t) => {
  const known = model.filter(
    ({ level, layout, slots }) => level !== "raid10" || (layout === 0x102 && slots.length % 2 === 0),
  );
  const plain = known.map((drawn) => ({
    ...drawn,
    slots: drawn.slots.map((one) => (one.state === "holes" ? { ...one, state: "whole" as const } : one)),
  }));
  fc.assert(
    fc.property(plain, fc.uniqueArray(fc.nat(3), { maxLength: 2 }), (drawn, gone) => {
      const ownLevel = drawn.level === "raid0" ? false : survives(drawn, gone);
      return survivesWithout(arrayOf(drawn), gone) === ownLevel && isLost(arrayOf(drawn)) === !survives(drawn, []);
    }),
    { numRuns: 8000, seed: 4 },
  );
  t.pass();
});

for (const [what, layout, raidDisks, expected] of [
  [
    "near-2 over four disks: slots 0+1 and 2+3",
    0x102,
    4,
    {
      kind: "sets",
      sets: [
        [0, 1],
        [2, 3],
      ],
    },
  ],
  ["near-2 over five disks: nobody knows", 0x102, 5, { kind: "any", copies: 2 }],
  ["far-2", 0x201, 4, { kind: "any", copies: 2 }],
  ["offset-2", 0x10201, 4, { kind: "any", copies: 2 }],
  ["near-2 with the offset bit", 0x10102, 4, { kind: "any", copies: 2 }],
  ["near-3", 0x103, 6, { kind: "any", copies: 3 }],
  ["far sets", 0x40201, 4, { kind: "any", copies: 2 }],
] as const) {
  test(`mirrors of a RAID10: ${what}`, (t) => t.deepEqual(mirrorsOf({ layout, raidDisks }), expected as never));
}

const md = (world: { arrays: readonly RaidArray[] }, name = "md0") =>
  world.arrays.find((array) => array.name === name) as RaidArray;
const [A, B] = serials as [string, string];

for (const [what, array, left] of [
  ["a mirror of two", md(twoDisks()), 1],
  ["a mirror of two, one failed", md(failDisk(twoDisks(), B)), 0],
  ["a mirror of three", md(wholeDisks("raid1", 3)), 2],
  [
    "a mirror of two, one just failed: it's in its slot still",
    md(withMember(twoDisks(), "sdb2", { states: ["faulty", "in_sync"] })),
    0,
  ],
  ["a RAID5", md(raid5()), 1],
  ["a RAID6", md(raid6()), 2],
  ["a RAID6, one failed", md(failDisk(raid6(), A)), 1],
  ["a RAID10, one failed: its partner is the last copy", md(failDisk(raid10(), A)), 0],
  ["a RAID0", md(wholeDisks("raid0", 2)), 0],
  [
    "a mirror with a hole in one half: the other is the last copy of that place",
    md(withMember(twoDisks(), "sdb2", { badBlocks: ["204800 8"] })),
    0,
  ],
  [
    "a mirror whose half had write errors",
    md(withMember(twoDisks(), "sdb2", { states: ["in_sync", "write_error"] })),
    0,
  ],
  ["a mirror that is being made equal", md(withArray(twoDisks(), "md0", { syncAction: "resync" })), 0],
  ["a mirror that is being checked", md(withArray(twoDisks(), "md0", { syncAction: "check" })), 1],
  ["a broken array", md(withArray(twoDisks(), "md0", { state: "broken" })), 0],
  ["a far layout, whole", md(withArray(raid10(), "md0", { layout: 0x201 })), 1],
  [
    "a far layout, one failed: who its partners are isn't known",
    md(withArray(failDisk(raid10(), A), "md0", { layout: 0x201 })),
    0,
  ],
] as const) {
  test(`how many more may fail: ${what}`, (t) => t.is(redundancyLeft(array), left));
}

for (const [what, array, slots, may] of [
  ["RAID10: both of one mirror", md(raid10()), [0, 1], false],
  ["RAID10: one of each mirror", md(raid10()), [1, 2], true],
  ["RAID10, slot 1 failed: its partner", md(failDisk(raid10(), B)), [0], false],
  ["RAID10, slot 1 failed: one of the other mirror", md(failDisk(raid10(), B)), [2], true],
  [
    "RAID10 in a far layout: any one, while all are there",
    md(withArray(raid10(), "md0", { layout: 0x201 })),
    [3],
    true,
  ],
  ["mirror: the failed half has no slot any more", md(failDisk(twoDisks(), B)), [], true],
  ["mirror: the half that is left", md(failDisk(twoDisks(), B)), [0], false],
] as const) {
  test(`may they leave: ${what}`, (t) => t.is(survivesWithout(array, slots), may));
}
