import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { operationKinds, operationRow, phases } from "../../src/lifecycle/phases.ts";
import { createWorld, of, open, openStory, pass, type StoryOptions, step, waits } from "./story.ts";

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "fine",
    (error) => (error instanceof ProvisionError ? error.code : String(error)),
  );

const begin = ({ lifecycle }: Awaited<ReturnType<typeof open>>, kind: "install" | "converge" = "install") =>
  lifecycle.begin("web01", kind, { by: "ann" });

test("one operation at a time, and the second hears who has it since when", async (t) => {
  const story = await open({ install: of(waits()) });
  const first = await begin(story);
  const error = await t.throwsAsync(story.lifecycle.begin("web01", "install", { by: "bob" }), {
    instanceOf: ProvisionError,
  });
  t.is(error.message, "web01 is busy: install, started by ann at 2026-01-01T00:00:00.000Z");
  const others = await Promise.all(
    Array.from({ length: 100 }, () => codeOf(story.lifecycle.begin("web02", "install", { by: "bob" }))),
  );
  t.is(others.filter((code) => code === "fine").length, 1);
  t.is(others.filter((code) => code === "node-busy").length, 99);
  t.is((await story.lifecycle.status("web01"))?.operation?.id, first.id);
});

test("each operation begins only from its phases; success leads where the table says, failure nowhere", async (t) => {
  for (const kind of operationKinds)
    for (const phase of phases)
      for (const good of [true, false]) {
        const failing = step("a", () => Promise.reject(new Error("broken")));
        const story = await open({ [kind]: of(good ? step("a", async () => undefined) : failing) });
        await story.lifecycle.setPaused("web01", { paused: false, by: "ann" });
        await story.database.tables<{ nodes: { phase: string } }>().updateTable("nodes").set({ phase }).execute();
        const begun = await story.lifecycle.begin("web01", kind, { by: "ann" }).catch((error) => error.code as string);
        const row = operationRow(kind);
        if (!row.from.includes(phase)) {
          t.is(begun, "wrong-phase");
          continue;
        }
        if (typeof begun === "string") return t.fail(begun);
        await pass(story.clock, 500);
        const { node } = (await story.lifecycle.status("web01"))!;
        t.is(node.phase, good ? (row.to ?? phase) : phase, `${kind} from ${phase}`);
        t.is(node.generation, row.renews ? 1 : 0);
        t.is(node.condition.state, good ? "ok" : "failed");
      }
});

test("steps run in order; what is skipped says why; every change is an event and is in the history", async (t) => {
  const story = await open({
    install: of(
      step("one", async (ctx) => ctx.line("hello")),
      step("two", async () => ({ skipped: "nothing to do" })),
      step("three", async (ctx) => ctx.progress(1, 2)),
    ),
  });
  await begin(story);
  await pass(story.clock, 500);
  const seen = story.events.map((event) =>
    event.kind === "step" ? `${event.step} ${event.state}` : event.kind === "operation" ? event.state : event.kind,
  );
  t.deepEqual(seen, [
    "running",
    "one running",
    "line",
    "one done",
    "two running",
    "two skipped",
    "three running",
    "progress",
    "three done",
    "done",
  ]);
  const kept = await story.lifecycle.history("web01");
  t.deepEqual(
    kept,
    story.events
      .filter((event) => event.kind !== "line" && event.kind !== "progress")
      .map((event) => JSON.parse(JSON.stringify(event), (key, value) => (key === "at" ? new Date(value) : value))),
  );
});

test("an error that a retry can help is retried with growing pauses, any other ends it", async (t) => {
  const record = { message: "m", hint: "h", fault: "machine" } as const;
  let left = 2;
  const flaky = async () => {
    if (left-- > 0) throw new ProvisionError({ ...record, code: "flaky", retry: true });
  };
  const retries = { times: 2, backoffMs: 1000 };
  const story = await open({ install: of(step("a", flaky, { retries })), converge: of(step("a", flaky, { retries })) });
  const operation = await begin(story);
  await pass(story.clock, 2500);
  t.is((await story.lifecycle.status("web01"))?.operation?.state, "running");
  await pass(story.clock, 1000);
  t.is((await operation.finished).state, "done");
  t.is((await story.lifecycle.status("web01"))?.operation?.steps[0]?.attempt, 3);
  left = 3;
  const second = await begin(story, "converge");
  await pass(story.clock, 5000);
  t.is((await second.finished).error?.code, "flaky");
});

test("a step that listens to nothing is still held to its deadline, and can write nothing afterwards", async (t) => {
  const late: string[] = [];
  const deaf = step(
    "deaf",
    async (ctx) => {
      await new Promise<void>((resolve) => void ctx.clock.after(10_000, resolve));
      late.push(
        await ctx.memory.set("k", 1).then(
          () => "wrote",
          () => "refused",
        ),
      );
    },
    { deadlineMs: 5000 },
  );
  const story = await open({ install: of(deaf) });
  const operation = await begin(story);
  await pass(story.clock, 12_000);
  const { error } = await operation.finished;
  t.is(error?.code, "step-timeout");
  t.is(error?.message, '"deaf" on web01 was not finished after 5 s');
  t.is(error?.nextExpected, "deaf");
  t.deepEqual(late, ["refused"]);
});

test("a failure undoes what was begun, last first; an undo that fails or hangs doesn't hold up the rest", async (t) => {
  const undone: string[] = [];
  const undo = (name: string) => async () => void undone.push(name);
  const story = await open({
    install: of(
      step("one", async () => {}, { undo: undo("one") }),
      step("two", async () => {}, { undo: () => new Promise(() => {}) }),
      step("three", async () => {}, { undo: () => Promise.reject(new Error("no")) }),
      step("four", () => Promise.reject(new Error("broken")), { undo: undo("four") }),
      step("five", async () => {}, { undo: undo("five") }),
    ),
  });
  const operation = await begin(story);
  await pass(story.clock, 20_000);
  t.is((await operation.finished).error?.code, "defect");
  t.deepEqual(undone, ["four", "one"]);
});

test("cancel ends it in the records first, then undoes; it works again and again, and when nothing runs", async (t) => {
  const undone: string[] = [];
  const story = await open({ install: of({ ...waits(), undo: async () => void undone.push("wait") }) });
  t.false(await story.lifecycle.cancel("web01", "bob"));
  const operation = await begin(story);
  await pass(story.clock, 1000);
  t.true(await story.lifecycle.cancel("web01", "bob"));
  t.is((await operation.finished).error?.message, "The operation on web01 was cancelled by bob");
  t.deepEqual(undone, ["wait"]);
  t.false(await story.lifecycle.cancel("web01", "bob"));
  const { node, operation: last } = (await story.lifecycle.status("web01"))!;
  t.is(last?.state, "cancelled");
  t.is(node.phase, "unknown");
  t.is((await story.lifecycle.history("web01")).at(-1)?.kind, "operation");
  t.is(await codeOf(begin(story)), "fine");
});

test("cancel from another process stops the runner at its next word, and it undoes what it began", async (t) => {
  const undone: string[] = [];
  const path = mkdtempSync(join(tmpdir(), "provision-life-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  const clock = createFakeClock();
  const operations = { install: of({ ...waits(), undo: async () => void undone.push("wait") }) };
  const shared = { clock, world: createWorld(), operations, file: join(path, "site.db") };
  const runner = await openStory(shared);
  const other = await openStory({ ...shared, instance: "two" });
  const operation = await runner.lifecycle.begin("web01", "install", { by: "ann" });
  await pass(clock, 1000);
  t.true(await other.lifecycle.cancel("web01", "bob"));
  await pass(clock, 6000);
  t.is((await operation.finished).state, "cancelled");
  t.deepEqual(undone, ["wait"]);
});

test("forget: in use only by force; the count of generations goes on", async (t) => {
  const story = await open({ install: of(step("a", async (ctx) => ctx.pinHostKeys(["ssh-ed25519 x"]))) });
  await begin(story);
  await pass(story.clock, 500);
  t.deepEqual(await story.lifecycle.hostKeys("web01"), ["ssh-ed25519 x"]);
  t.is(await codeOf(story.lifecycle.forget("web01", { force: false, by: "ann" })), "node-in-use");
  await story.lifecycle.forget("web01", { force: true, by: "ann" });
  t.is(await story.lifecycle.status("web01"), undefined);
  t.deepEqual(await story.lifecycle.history("web01"), []);
  t.deepEqual(await story.lifecycle.hostKeys("web01"), []);
  t.is((await begin(story)).generation, 2);
  await story.lifecycle.forget("web01", { force: true, by: "ann" });
  t.deepEqual(await story.lifecycle.statuses(), []);
  await story.lifecycle.forget("nobody", { force: true, by: "ann" });
});

test("a paused node starts nothing until it is resumed", async (t) => {
  const story = await open({ install: of(step("a", async () => {})) });
  await story.lifecycle.setPaused("web01", { paused: true, by: "ann" });
  t.is(await codeOf(begin(story)), "node-paused");
  t.true(story.lifecycle.situation("web01").paused);
  await story.lifecycle.setPaused("web01", { paused: false, by: "ann" });
  t.is(await codeOf(begin(story)), "fine");
});

test("what nobody can do is said so", async (t) => {
  const story = await open({});
  t.is(await codeOf(begin(story)), "operation-unknown");
});

test("a listener that throws harms nobody", async (t) => {
  const story = await open({ install: of(step("a", async () => {})) });
  story.lifecycle.subscribe(() => {
    throw new Error("bad face");
  });
  const operation = await begin(story);
  await pass(story.clock, 500);
  t.is((await operation.finished).state, "done");
});

const twoControllers = async (
  t: { teardown(f: () => void): void },
  operations: StoryOptions["operations"],
  more: Partial<StoryOptions> = {},
) => {
  const path = mkdtempSync(join(tmpdir(), "provision-life-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  const clock = createFakeClock();
  const shared = { clock, world: createWorld(), file: join(path, "site.db"), ...(operations ? { operations } : {}) };
  return {
    clock,
    path,
    first: await openStory(shared),
    second: () => openStory({ ...shared, instance: "two", ...more }),
  };
};

test("a live lease is respected; one that ran out is taken over, and the old controller can write no more", async (t) => {
  const stubborn = step("a", async (ctx) => {
    await new Promise<void>((resolve) => void ctx.clock.after(600_000, resolve));
  });
  const { clock, first, second } = await twoControllers(t, { install: of(stubborn) });
  const operation = await first.lifecycle.begin("web01", "install", { by: "ann" });
  await pass(clock, 60_000);
  const other = await second();
  t.deepEqual(await other.lifecycle.recover(), []);
  t.is(await codeOf(other.lifecycle.begin("web01", "install", { by: "bob" })), "node-busy");
  await other.database
    .tables<{ operations: { lease_until: number } }>()
    .updateTable("operations")
    .set({ lease_until: 0 })
    .execute();
  t.is((await other.lifecycle.recover()).length, 1);
  await pass(clock, 6000);
  t.is((await operation.finished).state, "interrupted");
});

test("a controller known to be gone is followed at once; a step that can't be repeated fails with its reason", async (t) => {
  const once = { ...waits("once"), idempotent: false };
  const undone: string[] = [];
  const before = step("before", async () => {}, { undo: async () => void undone.push("before") });
  const { clock, first, second } = await twoControllers(
    t,
    { install: of(before, once) },
    { ownerGone: (name) => name === "one" },
  );
  await first.lifecycle.begin("web01", "install", { by: "ann" });
  await pass(clock, 1000);
  const other = await second();
  const [resumed] = await other.lifecycle.recover();
  await pass(clock, 1000);
  const { error } = (await resumed?.finished) ?? {};
  t.is(error?.code, "controller-restarted");
  t.is(error?.message, 'The controller was restarted while web01 was at "once", which can\'t be repeated safely');
  t.deepEqual(undone, ["before"]);
});

test("a clean stop leaves the operation to the next start, which goes on from the step that it was at", async (t) => {
  const ran: string[] = [];
  const { clock, first, second } = await twoControllers(t, {
    install: of(
      step("one", async () => void ran.push("one")),
      step("two", (ctx) => {
        ran.push(`two${ctx.resumed ? " again" : ""}`);
        return ctx.waitFor(() => (ctx.resumed ? true : undefined));
      }),
    ),
  });
  await first.lifecycle.begin("web01", "install", { by: "ann" });
  await pass(clock, 1000);
  await first.lifecycle.close();
  const other = await second();
  const [resumed] = await other.lifecycle.recover();
  await pass(clock, 1000);
  t.is((await resumed?.finished)?.state, "done");
  t.deepEqual(ran, ["one", "two", "two again"]);
});

test("an operation found in a restored database ends, and isn't resumed", async (t) => {
  const { clock, path, first, second } = await twoControllers(t, { install: of(waits()) });
  await first.lifecycle.begin("web01", "install", { by: "ann" });
  await pass(clock, 1000);
  await first.lifecycle.close();
  await first.database.close();
  rmSync(join(path, "site.db.epoch"));
  const other = await second();
  const [resumed] = await other.lifecycle.recover();
  await pass(clock, 1000);
  t.is((await resumed?.finished)?.error?.code, "database-restored");
});

test("an operation whose steps this version doesn't know ends as controller-restarted", async (t) => {
  const { clock, first, second } = await twoControllers(
    t,
    { install: of(waits("old")) },
    { operations: { install: of(waits("new")) } },
  );
  await first.lifecycle.begin("web01", "install", { by: "ann" });
  await pass(clock, 1000);
  await first.lifecycle.close();
  const [resumed] = await (await second()).lifecycle.recover();
  await pass(clock, 1000);
  t.is((await resumed?.finished)?.error?.code, "controller-restarted");
});
