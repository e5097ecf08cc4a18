import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { SwapRequest } from "../../../src/app/disks/desk.ts";
import { isOnlyOpened } from "../../../src/app/disks/opened.ts";
import { abortSwap, answerSwap, swapDisk } from "../../../src/app/disks/swap.ts";
import type { House } from "../../../src/app/local.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import type { OperationEvent } from "../../../src/lifecycle/events.ts";
import { approve } from "../../../src/lifecycle/operations/diskswap/approve.ts";
import type { Swap } from "../../../src/lifecycle/operations/diskswap/hands.ts";
import { usualSwapTimes } from "../../../src/lifecycle/operations/diskswap/parts.ts";
import type { OperationRecord } from "../../../src/lifecycle/records.ts";
import type { OperationDefinition, StepDefinition } from "../../../src/lifecycle/step.ts";
import { createWorld, openStory } from "../../lifecycle/story.ts";

const [node, disk, by] = ["web01", "S3YANX0A0002", "ann"] as const;
const request: SwapRequest = { node, disk, waivers: [], acceptsDataLoss: false, by };

const find: StepDefinition = {
  ...{ name: "identify", label: "Find it", idempotent: true, deadlineMs: 60_000 },
  run: async (ctx) => {
    await ctx.hold({ kind: "find", text: "Find it", expects: "found", facts: [] });
    return undefined;
  },
};
const swap = { parts: { times: usualSwapTimes } } as Swap;
const diskswap: OperationDefinition = () => [approve(swap), find];
const ready: OperationDefinition = () => [
  { name: "ready", label: "Be ready", idempotent: true, deadlineMs: 1000, run: async () => undefined },
];

/** Processes over the same records; `dead` names those that were killed. */
function processes(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), "swap-"));
  const dead = new Set<string>();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return {
    kill: (instance: string) => void dead.add(instance),
    open: async (instance: string) => {
      const { lifecycle, database } = await openStory({
        ...{ clock, world: createWorld(), file: join(folder, "records.db"), instance },
        ...{ operations: { install: ready, diskswap }, ownerGone: (owner) => dead.has(owner) },
      });
      t.teardown(async () => {
        await lifecycle.close();
        await database.close();
      });
      const site = { inventory: { nodes: new Map() } };
      return { lifecycle, database, site, around: { clock } } as unknown as House;
    },
  };
}

async function begin({ lifecycle }: House, parameters = {}, name: string = node): Promise<void> {
  await (await lifecycle.begin(name, "install", { by })).finished;
  const held = Promise.withResolvers<void>();
  lifecycle.subscribe(
    (event) => event.node === name && event.kind === "step" && event.state === "held" && held.resolve(),
  );
  await lifecycle.begin(name, "diskswap", { by, parameters: { disk, named: "sdb", ...parameters } });
  await held.promise;
}

const operationOf = async ({ lifecycle }: House) => (await lifecycle.status(node))?.operation as OperationRecord;
const never = new AbortController().signal;

test("another disk is refused before the swap of the first is taken up", async (t) => {
  const { open, kill } = processes(t);
  const [first, second] = [await open("first"), await open("second")];
  await begin(first);
  kill("first");
  const another = { request: { ...request, disk: "S3YANX0A0001" }, watch: () => {}, signal: never };
  await t.throwsAsync(swapDisk(second, another), { code: "swap-of-another-disk" });
  t.is((await operationOf(second)).owner, "first");
  t.is(second.lifecycle.running(node), undefined);
});

for (const word of ["sdb", "S3YANX0A0002", "s3yanx0a0002", "0002"])
  test(`a swap that is under way is found by "${word}", and who stops looking on leaves it`, async (t) => {
    const house = await processes(t).open("only");
    await begin(house);
    const signal = AbortSignal.timeout(50);
    const { state, operation } = await swapDisk(house, {
      request: { ...request, disk: word },
      watch: () => {},
      signal,
    });
    t.is(state, "left");
    t.is(operation.steps[1]?.state, "held");
  });

test("what another process runs is looked at, answered from here, and ends there", async (t) => {
  const { open } = processes(t);
  const [first, second] = [await open("first"), await open("second")];
  await begin(first);
  const seen: OperationEvent[] = [];
  const watch = (event: OperationEvent) => {
    seen.push(event);
    if (event.kind === "step" && event.question)
      void answerSwap(second, node, { answer: event.question.expects, by: "bob" });
  };
  t.is((await swapDisk(second, { request, watch, signal: never })).state, "done");
  t.like(seen[0], { kind: "step", step: "identify", state: "held", question: { kind: "find" } });
  t.is((await operationOf(second)).owner, "first");
});

test("when the process that runs it goes, who looks on takes it up", async (t) => {
  const { open, kill } = processes(t);
  const [first, second] = [await open("first"), await open("second")];
  await begin(first);
  const watch = (event: OperationEvent) => {
    kill("first");
    if (event.kind === "step" && event.state === "held" && second.lifecycle.running(node))
      void answerSwap(second, node, { answer: "found", by: "bob" });
  };
  t.is((await swapDisk(second, { request, watch, signal: never })).state, "done");
  t.is((await operationOf(second)).owner, "second");
});

test("what was left on another node stays as it is", async (t) => {
  const { open, kill } = processes(t);
  const [first, second] = [await open("first"), await open("second")];
  await begin(first, {}, "web02");
  await begin(first);
  kill("first");
  t.true(await abortSwap(second, node, by));
  t.is((await operationOf(second)).state, "cancelled");
  t.like((await second.lifecycle.status("web02"))?.operation, { state: "running", owner: "first" });
});

test("a swap that another process calls off ends here as called off", async (t) => {
  const { open } = processes(t);
  const [first, second] = [await open("first"), await open("second")];
  await begin(first);
  const looking = swapDisk(second, { request, watch: () => void abortSwap(first, node, "bob"), signal: never });
  await t.throwsAsync(looking, { code: "operation-cancelled", message: /bob/ });
});

test("what the watch opened, and a process that is gone: no is heard, whatever else waits for somebody to begin it", async (t) => {
  const { open, kill } = processes(t);
  const [first, second] = [await open("first"), await open("second")];
  await begin(first, { opened: "it failed in md0" });
  kill("first");
  t.true(isOnlyOpened(await operationOf(second)));
  await answerSwap(second, node, { answer: "0002", by });
  t.like(await operationOf(second), { state: "running", owner: "first" });
  await answerSwap(second, node, { answer: " No ", by });
  t.like(await operationOf(second), { state: "failed", error: { code: "swap-declined" } });
  t.false(await abortSwap(second, node, by));
});

for (const [what, opened, state, expected] of [
  ["its process went before it asked", "it failed", "pending", true],
  ["its process is just about to ask", "it failed", "running", true],
  ["it asks", "it failed", "held", true],
  ["somebody began it", "it failed", "done", false],
  ["somebody asked for it, and its process went", undefined, "pending", false],
] as const) {
  test(`${expected ? "only opened" : "under way"}: ${what}`, (t) => {
    const steps = [{ name: "approve", state }];
    const parameters = { disk, ...(opened ? { opened } : {}) };
    t.is(
      isOnlyOpened({ kind: "diskswap", state: "running", parameters, steps } as unknown as OperationRecord),
      expected,
    );
  });
}
