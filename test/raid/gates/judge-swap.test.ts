import test from "ava";
import fc from "fast-check";
import type { Member } from "../../../src/disks.ts";
import type { Finding, Gate, SwapQuestion } from "../../../src/raid/gates/gate.ts";
import { judgeSwap } from "../../../src/raid/gates/judge-swap.ts";
import { gates } from "../../../src/raid/gates/list.ts";
import { survivesWithout } from "../../../src/raid/redundancy.ts";
import type { World } from "../../../src/raid/world.ts";
import {
  raid10,
  removeFromArrays,
  twoDisks,
  twoDisksUefi,
  wholeDisks,
  withArray,
  withMember,
  withSmart,
} from "../worlds.ts";
import { ask, survivor, target } from "./questions.ts";

const words = (question: SwapQuestion) => judgeSwap(question, []).findings.flatMap(({ waiver }) => waiver ?? []);
const of = (findings: readonly Finding[], verdict: Finding["verdict"]) =>
  findings.filter((finding) => finding.verdict === verdict).map(({ gate }) => gate);

test("the gates are the notes' fifteen, in their order, and the bitmap", (t) => {
  t.deepEqual(
    gates.map(({ id }) => id),
    [...Array.from({ length: 15 }, (_, index) => `G${index + 1}`), "bitmap"],
  );
});

const hosts: readonly (readonly [string, World])[] = [
  ["BIOS mirror", twoDisks()],
  ["UEFI mirror", twoDisksUefi()],
  ["RAID5", wholeDisks("raid5", 3)],
  ["RAID6", wholeDisks("raid6", 4)],
  ["RAID10", raid10()],
];
for (const [title, world] of hosts) {
  for (const mode of ["hot", "cold", "add-first"] as const) {
    test(`a healthy ${title}, ${mode}: passes, and every gate shows what it saw`, (t) => {
      const { findings, verdict } = judgeSwap(ask(world, { mode }), []);
      t.is(verdict, "pass");
      t.deepEqual(
        [...new Set(findings.map(({ gate }) => gate))],
        gates.map(({ id }) => id),
      );
      t.true(findings.every(({ evidence }) => evidence.length > 5));
    });
  }
}

const waivable = () => withSmart(twoDisks(), survivor, { available: false });
const word = `smart:${survivor}`;

test("a word waives exactly its finding, which still says so", (t) => {
  const before = judgeSwap(ask(waivable()), []);
  const after = judgeSwap(ask(waivable()), [word]);
  t.is(before.verdict, "needs-waivers");
  t.deepEqual(of(before.findings, "confirm"), ["G5"]);
  t.is(after.verdict, "pass");
  t.deepEqual(after.unknownWaivers, []);
  t.deepEqual(of(after.findings, "waived"), ["G5"]);
  t.is(after.findings.find(({ verdict }) => verdict === "waived")?.waiver, word);
});

for (const [title, typed] of [
  ["another disk's", `smart:${target}`],
  ["other letters", word.toLowerCase()],
  ["a part of it", "smart"],
  ["more than it", `${word} `],
  ["everything", "*"],
  ["a gate's name", "G5"],
] as const) {
  test(`${title} waives nothing, and is told back as unknown`, (t) => {
    const { verdict, unknownWaivers } = judgeSwap(ask(waivable()), [typed, typed]);
    t.is(verdict, "needs-waivers");
    t.deepEqual(unknownWaivers, [typed]);
  });
}

const hole = () => withMember(twoDisks(), "sda3", { badBlocks: ["204800 8"] });

test("holes in the last copy: the word alone does nothing, accepting the loss does", (t) => {
  const refused = judgeSwap(ask(hole()), ["data-loss"]);
  t.is(refused.verdict, "refused");
  t.deepEqual(refused.unknownWaivers, ["data-loss"]);
  const accepted = judgeSwap(ask(hole(), { surroundings: { acceptsDataLoss: true } }), []);
  t.is(accepted.verdict, "pass");
  t.deepEqual(of(accepted.findings, "waived"), ["G6"]);
});

test("accepting the loss opens nothing else", (t) => {
  const last = ask(removeFromArrays(hole(), survivor), { surroundings: { acceptsDataLoss: true } });
  t.is(judgeSwap(last, []).verdict, "refused");
});

const silent: Gate = { id: "G99", title: "says nothing", judge: () => [] };

test("a gate that says nothing refuses", (t) => {
  t.is(judgeSwap(ask(twoDisks()), [], [silent]).verdict, "refused");
});

test("a confirmation without a word can't be given", (t) => {
  const wordless: Gate = { ...silent, judge: () => [{ verdict: "confirm", evidence: "?" }] };
  t.is(judgeSwap(ask(twoDisks()), ["", "undefined", "G99"], [wordless]).verdict, "needs-waivers");
});

test("a refusal stays one, even from a gate that names a word with it", (t) => {
  const generous: Gate = { ...silent, judge: () => [{ verdict: "refuse", evidence: "?", waiver: "please" }] };
  const { verdict, unknownWaivers } = judgeSwap(ask(twoDisks()), ["please"], [generous]);
  t.is(verdict, "refused");
  t.deepEqual(unknownWaivers, ["please"]);
});

/** Each refuses for another reason; each in all three modes. */
const refused: readonly (readonly [string, SwapQuestion])[] = [
  ["two of one serial", ask({ ...twoDisks(), disks: [...twoDisks().disks, ...twoDisks().disks] })],
  ["the wrong disk, and the last copy", ask(removeFromArrays(twoDisks(), survivor))],
  ["RAID0", ask(withArray(twoDisks(), "md1", { level: "raid0" }))],
  ["broken", ask(withArray(twoDisks(), "md1", { state: "broken" }))],
  ["recovers", ask(withArray(twoDisks(), "md1", { syncAction: "recover" }))],
  ["holes", ask(hole())],
  ["no place for a boot loader", ask({ ...twoDisks(), boot: twoDisks().boot.map(({ biosBoot: _, ...rest }) => rest) })],
  ["another node", ask(twoDisks(), { surroundings: { othersInMaintenance: ["db02"] } })],
  ["not hot-swap", ask(twoDisks(), { surroundings: { hotSwap: false } })],
  ["no BMC, cold", ask(twoDisks(), { mode: "cold", surroundings: { bmc: { state: "unreachable" } } })],
];
for (const [title, question] of refused) {
  test(`no word turns it around: ${title}`, (t) => {
    const before = of(judgeSwap(question, []).findings, "refuse");
    t.true(before.length > 0);
    const lures = [
      ...words(question),
      ...gates.map(({ id }) => id),
      "data-loss",
      "refuse",
      "*",
      "all",
      "force",
      "--force",
      target,
    ];
    const anyWord = fc.oneof(
      fc.constantFrom(...lures),
      fc.string(),
      fc.constantFrom(...lures).map((one) => `G3:${one}`),
    );
    fc.assert(
      fc.property(fc.array(anyWord, { maxLength: 12 }), (typed) => {
        const { findings, verdict } = judgeSwap(question, typed);
        return verdict === "refused" && of(findings, "refuse").join() === before.join();
      }),
      { numRuns: 60 },
    );
  });
}

const states: readonly Member["states"][] = [["in_sync"], ["faulty"], ["spare"], ["in_sync", "faulty"]];

test("G3 agrees with the count of copies, whatever is missing", (t) => {
  const arbitrary = fc.record({
    level: fc.constantFrom("raid0", "raid1", "raid5", "raid6", "raid10"),
    layout: fc.constantFrom(0x102, 0x201, 0x103, 0x10102),
    members: fc.array(fc.constantFrom(...states), { minLength: 3, maxLength: 6 }),
  });
  let passed = 0;
  fc.assert(
    fc.property(arbitrary, ({ level, layout, members }) => {
      const world = members.reduce(
        (host, now, slot) => withMember(host, `sd${"abcdef"[slot]}`, { states: now }),
        withArray(wholeDisks("raid5", members.length), "md0", { level, layout }),
      );
      const question = ask(world, { planned: wholeDisks("raid5", members.length) });
      const [array] = world.arrays;
      if (!array) return false;
      const lost = of(judgeSwap(question, []).findings, "refuse").includes("G3");
      const isTargetWhole = members[1]?.join() === "in_sync";
      if (!lost) passed += 1;
      return isTargetWhole ? lost !== survivesWithout(array, [1]) : !lost;
    }),
    { numRuns: 400 },
  );
  t.true(passed > 20, `only ${passed} passed`);
});
