import test from "ava";
import { rebuildWords, renderDisks } from "../../src/cli/disk-lines.ts";
import { renderProposal } from "../../src/cli/gate-lines.ts";
import { renderQuestion } from "../../src/cli/question-lines.ts";
import { noColours } from "../../src/cli/style.ts";
import { swapExit } from "../../src/cli/swap-exit.ts";
import { diskStatus } from "../../src/raid/disk-status.ts";
import { judgeSwap } from "../../src/raid/gates/judge-swap.ts";
import { makePlan } from "../../src/raid/make-plan.ts";
import { operation } from "../api/fake-controller.ts";
import { failDisk, serials, twoDisks, withMember } from "../raid/worlds.ts";

const [first = "", second = ""] = serials;

test("a node whose disk failed: what is wrong stands above the tables, with serials", (t) => {
  const text = renderDisks({ node: "web01", status: diskStatus(failDisk(twoDisks(), second)) }, noColours);
  const lines = text.split("\n");
  t.is(lines[0], "web01  at risk");
  t.regex(lines[1] ?? "", /^ {2}! md0: the last copy/);
  t.regex(text, /✘ S3YANX0B0002: md0's member sdb2 has failed/);
  t.regex(text, /md1 +raid1 +900 GiB +at risk +0 +S3YANX0A0001 S3YANX0B0002\(faulty\)/);
  t.regex(text, /\n {2}1 +S3YANX0B0002 +ATA ST1000NX0313 +1000 GiB +sdb +failed +passed +no +md0 md1 md2 +off/);
});

test("a clean [UU] with bad blocks isn't ok", (t) => {
  const world = withMember(twoDisks(), "sdb3", { badBlocks: ["204800 8"] });
  t.regex(renderDisks({ node: "web01", status: diskStatus(world) }, noColours), /^web01 {2}at risk\n.*8 bad sectors/);
});

test("a node that doesn't answer says why", (t) => {
  const error = { code: "ssh-refused", message: "web01 refused", hint: "h", fault: "machine", retry: true } as const;
  t.regex(renderDisks({ node: "web01", error }, noColours), /^web01 {2}error\[ssh-refused\]: web01 refused/);
});

for (const [rebuild, words] of [
  [
    { action: "recover", completed: 0.436, kibPerSecond: 122_880, remainingSeconds: 192 },
    "recover 43 %, 120 MiB/s, 3:12 left",
  ],
  [{ action: "resync" }, "resync waits"],
  [undefined, ""],
] as const) {
  test(`a rebuild in words: ${words || "none"}`, (t) => t.is(rebuildWords(rebuild), words));
}

test("gates: arrays with the same verdict stand in one line, a waiver's word can be copied, the end says what it comes to", (t) => {
  const world = failDisk(twoDisks(), second);
  const plan = makePlan(world, second, { hotSwap: true });
  const surroundings = {
    othersInMaintenance: [],
    bmc: { state: "ok" },
    hotSwap: true,
    acceptsDataLoss: false,
  } as const;
  const judged = judgeSwap({ world, plan, probes: [], surroundings }, []);
  const text = renderProposal(
    { node: "web01", plan, ...judged, probes: [], steps: [{ name: "record", label: "Look at everything" }] },
    noColours,
  );
  t.regex(
    text,
    /^Replace S3YANX0B0002 \(slot 1, ATA ST1000NX0313, 1000 GiB\) of web01\n {2}hot: the machine runs on\n/,
  );
  t.regex(
    text,
    /pass {4}G4 {5}Every array is up and at rest\n +md0: clean, idle · md1: clean, idle · md2: clean, idle\n/,
  );
  t.regex(text, /waive\? {2}G10 [\s\S]*to waive it: --waive backup:\/srv\n/);
  t.regex(text, /\n {3}1\. Look at everything\n/);
  t.regex(text, /\d+ to be waived by name, or mended; nothing was touched\.$/);
  t.false(text.includes(first) === false, "who stays is named");
});

test("a question shows its complaint first, then what to do, what to look for, and what to type", (t) => {
  const question = {
    kind: "pull",
    text: "Pull the disk",
    expects: "the last four characters",
    facts: [
      { label: "slot", value: "1" },
      { label: "serial", value: second },
    ],
    complaint: "0001 is its neighbour",
  };
  t.is(
    renderQuestion(question, noColours),
    `  0001 is its neighbour\n  ▸ Pull the disk\n    slot    1\n    serial  ${second}\n    to type: the last four characters`,
  );
});

for (const [state, step, status] of [
  ["done", "done", 0],
  ["left", "held", 3],
  ["left", "running", 4],
] as const) {
  test(`a swap that is ${state} with a step ${step} ends with ${status}`, (t) => {
    const steps = operation.steps.map((one) => ({ ...one, state: step }));
    t.is(swapExit({ state, operation: { ...operation, steps } }), status);
  });
}
