import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import type { Resource } from "../../src/converge/resource.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { link } from "../../src/converge/resources/link.ts";
import { runNumber } from "../../src/converge/run-record.ts";
import { Secret } from "../../src/secret.ts";
import { openRecords } from "./recorded.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

async function rig(t: ExecutionContext) {
  const scratch = makeScratch();
  const records = await openRecords();
  t.teardown(scratch.remove);
  t.teardown(records.close);
  const converge = (resources: readonly Resource[], options: { purge?: boolean; generation?: number } = {}) =>
    records.converge(catalogueOf(resources), scratch.shell, options);
  return { ...scratch, records, converge };
}

test("a run tells the first time from what the code and what somebody on the host changed", async (t) => {
  const { path, converge } = await rig(t);
  const one = (content: string) => file(path("one"), { content });
  const two = file(path("two"), { content: "2\n" });
  const causes = async (resources: readonly Resource[]) =>
    (await converge(resources)).results.map(({ reference, cause }) => [reference.slice(-4, -1), cause]);
  t.deepEqual(await causes([one("1\n")]), [["one", "initial"]]);
  t.deepEqual(await causes([one("1\n")]), []);
  t.deepEqual(await causes([one("1\n"), two]), [["two", "intentional"]], "new in the code");
  appendFileSync(path("one"), "by hand\n");
  t.deepEqual(await causes([one("1\n"), two]), [["one", "corrective"]]);
  t.deepEqual(await causes([one("new\n"), two]), [["one", "intentional"]], "changed in the code");
  rmSync(path("two"));
  appendFileSync(path("one"), "by hand\n");
  t.deepEqual(await causes([one("newer\n"), two]), [
    ["one", "intentional"],
    ["two", "corrective"],
  ]);
});

test("what was right only on an earlier installation is no drift", async (t) => {
  const { path, converge, records } = await rig(t);
  const resources = [file(path("one"), { content: "1\n" })];
  await converge([...resources, file(path("only then"), { content: "1\n" })]);
  rmSync(path("one"));
  const after = await converge(resources, { generation: 2 });
  t.deepEqual(
    after.results.map(({ cause }) => cause),
    ["initial"],
  );
  t.deepEqual(await records.ledger.read({ node: "web01", generation: 1 }), []);
});

test("of a run that failed, what was done counts as ours, and what failed doesn't", async (t) => {
  const { path, converge } = await rig(t);
  const one = file(path("one"), { content: "1\n" });
  const bad = file(path("bad"), { content: "x\n", validate: ["sh", "-c", `test -e '${path("allowed")}'`, "%"] });
  t.is((await converge([one, bad])).outcome, "failed");
  appendFileSync(path("one"), "by hand\n");
  writeFileSync(path("allowed"), "");
  const next = await converge([one, bad]);
  t.deepEqual(
    next.results.map(({ reference, cause }) => `${cause} ${reference}`),
    [`corrective file[${path("one")}]`, `intentional file[${path("bad")}]`],
  );
});

test("what was done and still differs is told, and doesn't count as right", async (t) => {
  const { path, converge } = await rig(t);
  const one = file(path("one"), { content: "1\n" });
  const spoiler = { content: "2\n", validate: ["sh", "-c", `echo spoilt >> '${path("one")}'`, "%"] };
  const run = await converge([one, file(path("two"), spoiler)]);
  t.is(run.outcome, "left");
  t.deepEqual(
    run.results.map(({ outcome }) => outcome),
    ["left", "done"],
  );
  t.deepEqual(
    (await converge([one])).results.map(({ cause }) => cause),
    ["intentional"],
  );
});

test("a stored run has old → new, times and outcome of each resource", async (t) => {
  const { path, converge, records } = await rig(t);
  writeFileSync(path("one"), "old\n", { mode: 0o600 });
  const refused = file(path("bad"), { content: "x", validate: ["sh", "-c", "echo no good; false", "%"] });
  const run = await converge([
    file(path("one"), { content: "new\n" }),
    refused,
    file(path("after"), { content: "x", require: [refused] }),
  ]);
  t.like(run, { id: "r000001", node: "web01", kind: "converge", by: "ada@ops1", outcome: "failed", unchanged: 0 });
  t.deepEqual(
    run.results.map(({ outcome }) => outcome),
    ["done", "failed", "skipped"],
  );
  const [one, bad, after] = run.results;
  t.deepEqual(
    one?.changes.map(({ property, from, to }) => [property, property === "mode" ? `${from} → ${to}` : ""]),
    [
      ["content", ""],
      ["mode", "0600 → 0644"],
    ],
  );
  t.deepEqual(one?.changes[0]?.diff, ["@@ -1 +1 @@", "-old", "+new"]);
  t.true((one?.durationMs ?? -1) >= 0);
  t.is(bad?.error?.code, "validation-failed");
  t.deepEqual(after?.because, [`file[${path("bad")}]`]);
  t.deepEqual(
    (await records.runs.list({ node: "web01", limit: 5 })).map(({ id, outcome }) => `${id} ${outcome}`),
    ["r000001 failed"],
  );
  t.deepEqual(await records.runs.list({ node: "web02", limit: 5 }), []);
});

test("an unchanged run is one execution, a changed one three", async (t) => {
  const { path, converge } = await rig(t);
  const resources = [file(path("one"), { content: "1\n" })];
  t.like(await converge(resources), { outcome: "changed", executions: 3 });
  t.like(await converge(resources), { outcome: "unchanged", executions: 1, unchanged: 1, results: [] });
});

test("neither the records nor the screen ever hold a secret, and yet a new one is a change", async (t) => {
  const { path, converge, records } = await rig(t);
  const secret = (value: string) =>
    file(path("s"), { content: new Secret(value), validate: ["sh", "-c", 'cat "$0"; base64 "$0"', "%"] });
  await converge([secret("hunter2-first")]);
  const run = await converge([secret("hunter2-second")]);
  t.deepEqual(
    run.results.map(({ cause, changes }) => [cause, changes[0]?.to]),
    [["intentional", "*** (changed)"]],
  );
  const told = file(path("t"), {
    content: new Secret("hunter2-third"),
    validate: ["sh", "-c", 'cat "$0"; base64 "$0"; false', "%"],
  });
  const failed = await converge([told]);
  t.true(failed.results[0]?.error?.message.includes("***"), failed.results[0]?.error?.message);
  const everything = JSON.stringify([
    run,
    failed,
    await records.database.tables<Record<string, object>>().selectFrom("converge_ledger").selectAll().execute(),
    await records.database.tables<Record<string, object>>().selectFrom("converge_results").selectAll().execute(),
  ]);
  t.false(everything.includes("hunter2"));
  t.false(everything.includes(Buffer.from("hunter2-third").toString("base64")));
});

test("what no role declares any more is listed, and goes when it is asked for: last made first", async (t) => {
  const { path, shell, converge, records } = await rig(t);
  const kept = file(path("kept"), { content: "k\n" });
  await converge([kept, file(path("first"), { content: "1\n" }), file(path("second"), { content: "2\n" })]);
  const listed = await converge([kept]);
  t.is(listed.outcome, "unchanged");
  t.deepEqual(
    listed.orphans.map(({ reference, removal }) => `${removal} ${reference.split("/").at(-1)}`),
    ["purge second]", "purge first]"],
  );
  t.true(existsSync(path("first")), "only listed");
  const purged = await converge([kept], { purge: true });
  t.deepEqual(
    purged.results.map(({ outcome, reference }) => `${outcome} ${reference.split("/").at(-1)}`),
    ["done second]", "done first]"],
  );
  t.deepEqual([existsSync(path("first")), existsSync(path("second")), existsSync(path("kept"))], [false, false, true]);
  t.deepEqual(purged.orphans, []);
  t.deepEqual((await converge([kept])).orphans, [], "gone from the ledger");
  t.is((await records.ledger.read({ node: "web01", generation: 1 })).length, 1);
  const back = await records.rollBack(purged, shell);
  t.is(back.outcomes.length, 2);
  t.is(readFileSync(path("first"), "utf8"), "1\n");
});

test("what another resource owns by now, or still needs, is never purged", async (t) => {
  const { path, converge } = await rig(t);
  await converge([
    directory(path("d")),
    directory(path("d/e")),
    file(path("d/e/inside"), { content: "1\n" }),
    file(path("moved"), { content: "1\n" }),
  ]);
  const now = [file(path("d/e/inside"), { content: "1\n" }), link(path("moved"), { target: "elsewhere" })];
  const run = await converge(now, { purge: true });
  t.deepEqual(
    run.results.map(({ reference }) => reference),
    [`link[${path("moved")}]`],
  );
  t.deepEqual(
    run.orphans.map(({ reference, removal, reason }) => [reference, removal, reason]),
    [path("d/e"), path("d")].map((one) => [
      `directory[${one}]`,
      "by hand",
      `file[${path("d/e/inside")}] still needs it`,
    ]),
  );
  t.true(existsSync(path("d/e/inside")));
});

test("what stands in the place of an orphan, and holds something of ours, is never purged", async (t) => {
  const { path, converge } = await rig(t);
  await converge([file(path("p"), { content: "1\n" })]);
  rmSync(path("p"));
  mkdirSync(path("p"));
  const run = await converge([file(path("p/inside"), { content: "1\n" })], { purge: true });
  t.deepEqual(
    run.orphans.map(({ removal, reason }) => [removal, reason]),
    [["by hand", `file[${path("p/inside")}] still needs it`]],
  );
});

test("a run of which nothing more is heard keeps what was heard of it", async (t) => {
  const { path, shell, records } = await rig(t);
  const catalogue = catalogueOf([file(path("one"), { content: "1" }), file(path("two"), { content: "2" })]);
  const broken = { ...shell, run: breakingOff(shell.run) };
  const run = await records.converge(catalogue, broken);
  t.like(run, { outcome: "broken", error: { code: "apply-broken" } });
  t.deepEqual(
    run.results.map(({ outcome }) => outcome),
    ["done", "unfinished"],
  );
});

for (const [typed, number] of [
  ["r000123", 123],
  ["r123", 123],
  ["123", 123],
  ["web01", undefined],
  ["r", undefined],
  ["r1x", undefined],
] as const) {
  test(`${typed} is ${number === undefined ? "no run" : `run ${number}`}`, (t) => t.is(runNumber(typed), number));
}

type Run = ReturnType<typeof makeScratch>["shell"]["run"];

/** Hears the apply program up to the beginning of its second step. */
function breakingOff(run: Run): Run {
  return (command, options = {}) => {
    const isApply = "script" in command && command.script.includes("prepare 'run");
    if (!isApply) return run(command, options);
    const script = command.script.replace(/\nstep (\d+) *\nfinish/, "\nsay @step $1 start\nexit 1");
    return run({ script }, options);
  };
}
