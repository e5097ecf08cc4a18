import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { ProvisionError } from "../../src/errors.ts";
import type { HoldEnd, HoldQuestion, StepDefinition } from "../../src/lifecycle/step.ts";
import { of, open, pass, step } from "./story.ts";

const question: HoldQuestion = {
  kind: "pull",
  text: "Pull the disk in slot 3",
  expects: "the last four characters of its serial",
  facts: [{ label: "serial", value: "S3YANX0A0003" }],
};

/** An operation of one step that asks, and what came of it. */
function asking(asks: StepDefinition["run"], more: Partial<StepDefinition> = {}) {
  return of(step("identify", asks, { deadlineMs: 86_400_000, ...more }));
}

const begin = (story: Awaited<ReturnType<typeof open>>) => story.lifecycle.begin("web01", "install", { by: "ann" });
const stepOf = async ({ lifecycle }: Awaited<ReturnType<typeof open>>) =>
  (await lifecycle.status("web01"))?.operation?.steps[0];

test("a step that asks is held with its question until somebody answers; the history has both", async (t) => {
  const ends: HoldEnd<never>[] = [];
  const story = await open({ install: asking(async (ctx) => void ends.push(await ctx.hold(question))) });
  const running = await begin(story);
  await pass(story.clock, 10_000);
  const held = await stepOf(story);
  t.is(held?.state, "held");
  t.is(held?.waitingOn, "human");
  t.deepEqual(held?.question, question);
  await story.lifecycle.answer("web01", { answer: "0003", by: "bob" });
  await pass(story.clock, 1000);
  t.deepEqual(await running.finished, { state: "done" });
  t.deepEqual(ends, [{ answer: "0003", by: "bob" }]);
  const told = (await story.lifecycle.history("web01")).flatMap((event) => (event.kind === "step" ? [event] : []));
  t.deepEqual(
    told.map(({ state, note }) => [state, note]),
    [
      ["running", undefined],
      ["held", undefined],
      ["running", "bob: 0003"],
      ["done", undefined],
    ],
  );
});

test("an answer that isn't taken is asked for again, with the complaint", async (t) => {
  const heard: unknown[] = [];
  const ask = asking(async (ctx) => {
    heard.push(await ctx.hold(question));
    heard.push(await ctx.hold({ ...question, complaint: "0004 is its neighbour" }));
  });
  const story = await open({ install: ask });
  const running = await begin(story);
  await pass(story.clock, 1000);
  await story.lifecycle.answer("web01", { answer: "0004", by: "bob" });
  await pass(story.clock, 1000);
  t.is((await stepOf(story))?.question?.complaint, "0004 is its neighbour");
  t.is(heard.length, 1, "the old answer isn't taken for the new question's");
  await story.lifecycle.answer("web01", { answer: "0003", by: "bob" });
  await pass(story.clock, 1000);
  t.is((await running.finished).state, "done");
});

test("what is looked for ends the hold without an answer, and is looked for as often as asked", async (t) => {
  let [looks, there] = [0, false];
  const watch = {
    pollMs: 5000,
    look: async () => {
      looks++;
      return there ? "the disk is gone" : undefined;
    },
  };
  let end: unknown;
  const ask = asking(async (ctx) => {
    end = await ctx.hold(question, watch);
  });
  const story = await open({ install: ask });
  const running = await begin(story);
  await pass(story.clock, 20_000);
  t.true(looks >= 4 && looks <= 5, `${looks} looks in 20 s`);
  there = true;
  await pass(story.clock, 6000);
  t.is((await running.finished).state, "done");
  t.deepEqual(end, { seen: "the disk is gone" });
});

test("nothing asks: an answer is refused", async (t) => {
  const story = await open({ install: asking((ctx) => ctx.waitFor(() => undefined)) });
  await begin(story);
  await pass(story.clock, 100);
  for (const node of ["web01", "web02"]) {
    const error = await t.throwsAsync(story.lifecycle.answer(node, { answer: "0003", by: "bob" }), {
      instanceOf: ProvisionError,
    });
    t.is(error?.code, "nothing-held");
  }
});

test("cancelled while it is held, also a step whose undo takes a minute is undone", async (t) => {
  const undone: string[] = [];
  const held = step("identify", (ctx) => ctx.hold(question), { deadlineMs: 86_400_000 });
  const slow = step("remove", async () => undefined, {
    undoMs: 120_000,
    undo: async (ctx) => {
      await ctx.clock.sleep(60_000);
      undone.push("re-added");
    },
  });
  const story = await open({ install: of(slow, held) });
  const running = await begin(story);
  await pass(story.clock, 3_600_000);
  await story.lifecycle.cancel("web01", "ann");
  await pass(story.clock, 61_000);
  t.is((await running.finished).state, "cancelled");
  t.deepEqual(undone, ["re-added"]);
});

test("the controller dies while somebody walks to the rack: the next one asks again, and hears an answer from elsewhere", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "hold-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "db.sqlite");
  const install = asking(async (ctx) => void (await ctx.hold(question)));
  const first = await open({ install }, { file });
  await begin(first);
  await pass(first.clock, 5000);
  await first.lifecycle.close();
  const second = await open({ install }, { file, instance: "two", ownerGone: () => true });
  const third = await open({ install }, { file, instance: "three" });
  const [resumed] = await second.lifecycle.recover();
  await pass(second.clock, 5000);
  t.is((await stepOf(third))?.state, "held");
  await third.lifecycle.answer("web01", { answer: "0003", by: "bob" });
  await pass(second.clock, 1000);
  t.is((await resumed?.finished)?.state, "done");
});

test("an answer that was given while no controller ran is heard by the next one; one to another question isn't", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "hold-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const [text, state] of [
    [question.text, "done"],
    ["Put it back", "held"],
  ] as const) {
    const file = join(folder, `${state}.sqlite`);
    const first = await open({ install: asking(async (ctx) => void (await ctx.hold(question))) }, { file });
    await begin(first);
    await pass(first.clock, 5000);
    await first.lifecycle.close();
    await first.lifecycle.answer("web01", { answer: "0003", by: "bob" });
    const install = asking(async (ctx) => void (await ctx.hold({ ...question, text })));
    const second = await open({ install }, { file, instance: "two", ownerGone: () => true });
    await second.lifecycle.recover();
    await pass(second.clock, 2000);
    t.is((await stepOf(second))?.state, state);
    const asked = second.events.filter((event) => event.kind === "step" && event.state === "held");
    t.is(asked.length, state === "held" ? 1 : 0, "what is answered isn't asked");
  }
});
