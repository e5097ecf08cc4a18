import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { applyPlan, converge } from "../../src/converge/apply.ts";
import type { ApplyEvent } from "../../src/converge/apply-events.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { link } from "../../src/converge/resources/link.ts";
import { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

for (const interpreter of [["dash"], ["bash", "--posix"], ["busybox", "sh"]]) {
  test(`${interpreter.join(" ")} makes it so in three executions, and a second time in one, without a change`, async (t) => {
    const { path, shell, remove } = makeScratch(interpreter);
    t.teardown(remove);
    const binary = Array.from({ length: 5000 }, (_, index) => String.fromCharCode(index % 0x7ff)).join("");
    const catalogue = catalogueOf([
      directory(path("d"), { mode: "0750" }),
      file(path("d/hostile 'name' $x"), { content: "it's $HOME `id` \\ \n@\nEOF\n" }),
      file(path("d/binary"), { content: binary, mode: "4755" }),
      file(path("d/empty"), { content: "" }),
      file(path("d/secret"), { content: new Secret("hunter2"), mode: "0600" }),
      link(path("l"), { target: "d/empty" }),
    ]);
    const first = await converge(catalogue, shell, { clock });
    t.deepEqual([first.outcome, first.executions, first.remaining.length], ["changed", 3, 0]);
    t.is(shell.scripts.length, 3);
    t.is(readFileSync(path("d/hostile 'name' $x"), "utf8"), "it's $HOME `id` \\ \n@\nEOF\n");
    t.is(readFileSync(path("d/binary"), "utf8"), binary);
    t.is(statSync(path("d/binary")).mode & 0o7777, 0o4755);
    t.is(readFileSync(path("d/secret"), "utf8"), "hunter2");
    t.deepEqual(
      readdirSync(path("d")).filter((name) => name.startsWith(".")),
      [],
    );
    const inode = statSync(path("d/empty")).ino;
    const second = await converge(catalogue, shell, { clock });
    t.deepEqual([second.outcome, second.executions, shell.scripts.length], ["unchanged", 1, 4]);
    t.is(statSync(path("d/empty")).ino, inode);
  });
}

test("a refused file never replaces the old one; what stands on it is skipped; the rest is finished", async (t) => {
  const { path, shell, remove } = makeScratch();
  t.teardown(remove);
  writeFileSync(path("config"), "old\n");
  const refused = file(path("config"), {
    content: "broken\n",
    validate: ["sh", "-c", 'echo "line 1: no good"; ! grep broken "$0"', "%"],
  });
  const after = file(path("after"), { content: "x", require: [refused] });
  const further = file(path("further"), { content: "x", require: [after] });
  const catalogue = catalogueOf([refused, after, further, file(path("independent"), { content: "x" })]);
  const events: ApplyEvent[] = [];
  const report = await converge(catalogue, shell, { clock, onEvent: (event) => events.push(event) });
  t.is(report.outcome, "failed");
  t.deepEqual(
    report.results.map(({ outcome }) => outcome),
    ["failed", "skipped", "skipped", "done"],
  );
  t.is(report.results[1]?.because, `file[${path("config")}]`);
  t.is(readFileSync(path("config"), "utf8"), "old\n");
  t.false(existsSync(path(".config.provision-new")));
  const error = t.throws(() => assertConverged(report), { instanceOf: ProvisionError });
  t.is(error?.code, "validation-failed");
  t.regex(error?.message ?? "", /role trial, file\[.*\] \(test\/converge\/apply\.test\.ts:\d+:\d+\).*line 1: no good/s);
  const states = events.flatMap((event) =>
    event.kind === "step" && event.reference.endsWith("/config]") ? [event.state] : [],
  );
  t.deepEqual(states, ["start", "failed"]);
});

test("a file isn't put in place of a directory", async (t) => {
  const { path, shell, remove } = makeScratch();
  t.teardown(remove);
  mkdirSync(path("d"));
  const report = await converge(catalogueOf([file(path("d"), { content: "x" })]), shell, { clock });
  t.regex(report.results[0]?.error?.message ?? "", /is a directory/);
  t.deepEqual(readdirSync(path("d")), []);
});

test("a plan whose host has moved is refused, and nothing is changed", async (t) => {
  const { path, shell, remove } = makeScratch();
  t.teardown(remove);
  const catalogue = catalogueOf([file(path("one"), { content: "new\n" }), file(path("two"), { content: "new\n" })]);
  const plan = await planCatalogue(catalogue, shell);
  writeFileSync(path("one"), "someone else\n");
  const error = await t.throwsAsync(applyPlan(plan, shell, { clock }), { instanceOf: ProvisionError });
  t.is(error?.code, "plan-stale");
  t.is(readFileSync(path("one"), "utf8"), "someone else\n");
  t.false(existsSync(path("two")));
});

test("what moved outside the plan's items doesn't make it stale", async (t) => {
  const { path, shell, remove } = makeScratch();
  t.teardown(remove);
  writeFileSync(path("fine"), "fine\n");
  const catalogue = catalogueOf([file(path("fine"), { content: "fine\n" }), file(path("two"), { content: "new\n" })]);
  const plan = await planCatalogue(catalogue, shell);
  writeFileSync(path("unrelated"), "x");
  t.is((await applyPlan(plan, shell, { clock })).outcome, "changed");
});

test("a second run hears who holds the host", async (t) => {
  const { path, folder, shell, remove } = makeScratch();
  t.teardown(remove);
  mkdirSync(path("state"));
  writeFileSync(path("state/holder"), "run 7 of provision on ops1\n");
  const holder = spawn("flock", [`${folder}/state/lock`, "sleep", "20"], { stdio: "ignore", detached: true });
  t.teardown(() => process.kill(-(holder.pid as number)));
  await clock.sleep(300);
  const error = await t.throwsAsync(converge(catalogueOf([file(path("x"), { content: "" })]), shell, { clock }), {
    instanceOf: ProvisionError,
  });
  t.is(error?.code, "apply-busy");
  t.true(error?.message.includes("run 7 of provision on ops1"));
  t.false(existsSync(path("x")));
});

test("a run that was killed in the middle is finished by the next", async (t) => {
  const { path, shell, remove } = makeScratch();
  t.teardown(remove);
  const slow = { content: "x", validate: ["sh", "-c", "sleep 5", "%"] };
  const catalogue = catalogueOf([
    file(path("one"), { content: "1" }),
    file(path("two"), slow),
    file(path("three"), { content: "3" }),
  ]);
  const plan = await planCatalogue(catalogue, shell);
  const abort = new AbortController();
  const onEvent = (event: ApplyEvent) => event.kind === "step" && event.reference.endsWith("two]") && abort.abort();
  await t.throwsAsync(applyPlan(plan, shell, { clock, onEvent, signal: abort.signal }), { name: "AbortError" });
  t.true(existsSync(path("one")));
  t.false(existsSync(path("two")));
  const quick = catalogueOf([
    file(path("one"), { content: "1" }),
    file(path("two"), { content: "x" }),
    file(path("three"), { content: "3" }),
  ]);
  const next = await converge(quick, shell, { clock });
  t.deepEqual([next.outcome, next.results.length, next.unchanged], ["changed", 2, 1]);
});

test("when nobody listens any more, the step at hand is finished and no other is begun", async (t) => {
  const { path, shell, remove } = makeScratch();
  t.teardown(remove);
  const slow = { content: "x", validate: ["sh", "-c", "sleep 1", "%"] };
  const catalogue = catalogueOf([file(path("one"), slow), file(path("two"), slow)]);
  await planCatalogue(catalogue, shell);
  const { applyProgram } = await import("../../src/converge/apply-program.ts");
  const program = applyProgram(await planCatalogue(catalogue, shell), { says: "trial", key: "" });
  const child = spawn("sh", ["-s"], {
    env: { ...process.env, PROVISION_NODE_STATE: path("state") },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end(program);
  child.stdout?.once("data", () => child.stdout?.destroy());
  t.is(await ended, 74);
  t.true(existsSync(path("one")));
  t.false(existsSync(path("two")));
});

test("neither a plan nor a report shows a secret", async (t) => {
  const { path, shell, remove } = makeScratch();
  t.teardown(remove);
  const catalogue = catalogueOf([file(path("s"), { content: new Secret("hunter2"), validate: ["false", "%"] })]);
  const plan = await planCatalogue(catalogue, shell);
  const report = await applyPlan(plan, shell, { clock });
  const shown = JSON.stringify([plan, report]) + String(report.results[0]?.error?.message);
  t.false(shown.includes("hunter2") || shown.includes(Buffer.from("hunter2").toString("base64")));
});
