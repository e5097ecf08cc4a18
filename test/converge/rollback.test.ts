import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { Resource } from "../../src/converge/resource.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { link } from "../../src/converge/resources/link.ts";
import { ProvisionError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { openRecords } from "./recorded.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

async function rig(t: ExecutionContext, interpreter: readonly string[] = ["sh"]) {
  const scratch = makeScratch(interpreter);
  const records = await openRecords();
  t.teardown(scratch.remove);
  t.teardown(records.close);
  const converge = (resources: readonly Resource[]) => records.converge(catalogueOf(resources), scratch.shell);
  return { ...scratch, records, converge };
}

/** Everything below a folder, byte for byte, with mode and owner. */
function snapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      const stat = lstatSync(path);
      const content = stat.isSymbolicLink() ? readlinkSync(path) : stat.isFile() ? readFileSync(path, "hex") : "";
      return [name, `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${content}`];
    }),
  );
}

const binary = Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 256));

for (const interpreter of [["dash"], ["bash", "--posix"], ["busybox", "sh"]]) {
  test(`${interpreter.join(" ")}: files, links, modes and owners come back byte for byte`, async (t) => {
    const { path, shell, records, converge } = await rig(t, interpreter);
    mkdirSync(path("d"));
    writeFileSync(path("d/binary"), binary);
    chmodSync(path("d/binary"), 0o4751);
    chownSync(path("d/binary"), 1234, 4321);
    writeFileSync(path("d/it's  $HOME `x`"), "no newline at the end");
    writeFileSync(path("d/only mode"), "same\n", { mode: 0o600 });
    writeFileSync(path("d/removed"), "still wanted\n", { mode: 0o640 });
    writeFileSync(path("d/becomes link"), "a file\n");
    symlinkSync("nowhere at all", path("d/link"));
    symlinkSync("/etc", path("d/becomes file"));
    const before = snapshot(path("d"));
    const run = await converge([
      file(path("d/binary"), { content: "text\n" }),
      file(path("d/it's  $HOME `x`"), { content: "other\n" }),
      file(path("d/only mode"), { content: "same\n" }),
      file(path("d/removed"), { ensure: "absent" }),
      file(path("d/made"), { content: "made\n" }),
      link(path("d/link"), { target: "elsewhere" }),
      link(path("d/becomes link"), { target: "x" }),
      file(path("d/becomes file"), { content: "a file now\n" }),
    ]);
    t.is(run.outcome, "changed", run.error?.message);
    const after = snapshot(path("d"));
    const back = await records.rollBack(run, shell);
    t.deepEqual(
      back.outcomes.filter((one) => !one.startsWith("done ")),
      [],
    );
    t.is(back.outcomes.length, 8);
    t.deepEqual(snapshot(path("d")), before);
    const again = await records.rollBack(back.run, shell);
    t.is(again.outcomes.length, 8);
    t.deepEqual(snapshot(path("d")), after, "a rollback is itself a run");
  });
}

test("a file that two resources of one run changed goes back to what it was before both", async (t) => {
  const { path, shell, records } = await rig(t);
  writeFileSync(path("f"), "first\n");
  const catalogue = catalogueOf([file(path("f"), { content: "second\n" })]);
  const twice = {
    ...shell,
    run: (...[command, options]: Parameters<typeof shell.run>) =>
      shell.run("script" in command ? { script: secondly(command.script, path("f")) } : command, options),
  };
  const run = await records.converge(catalogue, twice);
  t.is(readFileSync(path("f"), "utf8"), "third\n");
  await records.rollBack(run, shell);
  t.is(readFileSync(path("f"), "utf8"), "first\n");
});

const secondly = (script: string, path: string) =>
  script.replace(/^finish$/m, `beside '${path}'; echo third > "$p_new"; swap_in "$p_new" '${path}'\nfinish`);

test("what has changed since is refused as a whole, and nothing is touched; --force puts it back", async (t) => {
  const { path, shell, records, converge } = await rig(t);
  for (const name of ["one", "two"]) writeFileSync(path(name), "old\n");
  const run = await converge(["one", "two"].map((name) => file(path(name), { content: "new\n" })));
  writeFileSync(path("two"), "by hand\n");
  const refused = await t.throwsAsync(records.rollBack(run, shell), { instanceOf: ProvisionError });
  t.is(refused?.code, "rollback-refused");
  t.true(refused?.message.includes(`${path("two")}: changed since`));
  t.false(refused?.message.includes(path("one")));
  t.is(readFileSync(path("one"), "utf8"), "new\n");
  await records.rollBack(run, shell, { force: true });
  t.deepEqual([readFileSync(path("one"), "utf8"), readFileSync(path("two"), "utf8")], ["old\n", "old\n"]);
});

for (const [says, change] of [
  ["its mode", (path: string) => chmodSync(path, 0o600)],
  ["its owner", (path: string) => chownSync(path, 1, 1)],
  ["that it is gone", (path: string) => rmSync(path)],
] as const) {
  test(`changed since: ${says}`, async (t) => {
    const { path, shell, records, converge } = await rig(t);
    writeFileSync(path("one"), "old\n");
    const run = await converge([file(path("one"), { content: "new\n" })]);
    change(path("one"));
    await t.throwsAsync(records.rollBack(run, shell), { message: /changed since/ });
  });
}

test("what is as it was already is left alone", async (t) => {
  const { path, shell, records, converge } = await rig(t);
  for (const name of ["one", "two"]) writeFileSync(path(name), "old\n");
  const run = await converge(["one", "two"].map((name) => file(path(name), { content: "new\n" })));
  writeFileSync(path("one"), "old\n");
  t.deepEqual((await records.rollBack(run, shell)).outcomes, [`done file[${path("two")}]`]);
});

test("what isn't files is named, not undone", async (t) => {
  const { path, shell, records, converge } = await rig(t);
  const run = await converge([directory(path("d")), file(path("d/f"), { content: "x" })]);
  const back = await records.rollBack(run, shell);
  t.deepEqual(back.notUndone, [`directory[${path("d")}]`]);
  t.deepEqual([existsSync(path("d/f")), existsSync(path("d"))], [false, true]);
});

test("content that isn't kept any more is refused, and with --force left out", async (t) => {
  const { path, shell, records, converge } = await rig(t);
  for (const name of ["one", "two"]) writeFileSync(path(name), `${name}\n`);
  const run = await converge(["one", "two"].map((name) => file(path(name), { content: "new\n" })));
  for (const kept of readdirSync(path("state/kept"))) {
    if (readFileSync(path(`state/kept/${kept}`), "utf8") === "one\n") rmSync(path(`state/kept/${kept}`));
  }
  await t.throwsAsync(records.rollBack(run, shell), { message: /one: not kept/ });
  await records.rollBack(run, shell, { force: true });
  t.deepEqual([readFileSync(path("one"), "utf8"), readFileSync(path("two"), "utf8")], ["new\n", "two\n"]);
});

test("kept content that was damaged doesn't take a file's place", async (t) => {
  const { path, shell, records, converge } = await rig(t);
  writeFileSync(path("one"), "old\n");
  const run = await converge([file(path("one"), { content: "new\n" })]);
  for (const kept of readdirSync(path("state/kept"))) writeFileSync(path(`state/kept/${kept}`), "rotten\n");
  const back = await records.rollBack(run, shell);
  t.deepEqual(back.outcomes, [`failed file[${path("one")}]`]);
  t.is(readFileSync(path("one"), "utf8"), "new\n");
  t.deepEqual(readdirSync(path(".")).sort(), ["one", "state"]);
});

test("a rollback shows its texts, but neither a secret's nor those of which the host makes a secret", async (t) => {
  const { path, shell, records, converge } = await rig(t);
  const files = (word: string) => [
    file(path("open"), { content: `open ${word}\n` }),
    file(path("secret"), { content: new Secret(`secret ${word}\n`) }),
    file(path("private"), { content: `private ${word}\n`, mode: "0600" }),
    file(path("published"), { content: `published ${word}\n`, mode: word === "after" ? "0644" : "0600" }),
  ];
  await converge(files("before"));
  const back = await records.rollBack(await converge(files("after")), shell);
  t.deepEqual(
    back.shown.filter((line) => /before|after/.test(line)).map((line) => line.trim()),
    ["-open after", "+open before"],
  );
  t.is(readFileSync(path("private"), "utf8"), "private before\n");
});

test("what can't be kept, because the disk is full, isn't replaced", async (t) => {
  const { path, converge } = await rig(t);
  mkdirSync(path("state"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path("state")]);
  try {
    writeFileSync(path("one"), "old\n".repeat(50_000));
    const run = await converge([file(path("one"), { content: "new\n" }), file(path("two"), { content: "new\n" })]);
    t.deepEqual(
      run.results.map(({ outcome }) => outcome),
      ["failed", "done"],
    );
    t.true(run.results[0]?.error?.message.includes("is the disk full?"), run.results[0]?.error?.message);
    t.is(readFileSync(path("one"), "utf8").length, 200_000);
    t.deepEqual(readdirSync(path(".")).sort(), ["one", "state", "two"]);
  } finally {
    execFileSync("umount", [path("state")]);
  }
});

test("only root can read what is kept, whatever mode the file had", async (t) => {
  const { path, converge } = await rig(t);
  writeFileSync(path("one"), "secret\n", { mode: 0o644 });
  const run = await converge([file(path("one"), { content: "new\n" })]);
  const mode = (name: string) => (lstatSync(path(name)).mode & 0o777).toString(8);
  t.deepEqual([mode("state/kept"), mode("state/runs")], ["700", "700"]);
  const [kept] = readdirSync(path("state/kept"));
  t.is(mode(`state/kept/${kept}`), "600");
  const [folder = ""] = readdirSync(path("state/runs"));
  t.true(folder.startsWith(`${run.id}.`));
  t.is(mode(`state/runs/${folder}/files`), "600");
});

test("the newest 20 runs that replaced files are kept, with what they refer to", async (t) => {
  const { path, shell, records, converge } = await rig(t);
  writeFileSync(path("one"), "0\n");
  const runs = [];
  for (let count = 1; count <= 23; count++) runs.push(await converge([file(path("one"), { content: `${count}\n` })]));
  t.is(readdirSync(path("state/runs")).length, 20);
  t.is(readdirSync(path("state/kept")).length, 20);
  const contents = readdirSync(path("state/kept")).map((name) => readFileSync(path(`state/kept/${name}`), "utf8"));
  t.false(contents.includes("0\n"));
  const last = runs.at(-1);
  if (!last) return t.fail();
  await records.rollBack(last, shell);
  t.is(readFileSync(path("one"), "utf8"), "22\n");
});

test("a run that changed nothing keeps nothing", async (t) => {
  const { path, converge } = await rig(t);
  await converge([file(path("one"), { content: "1\n" })]);
  const before = readdirSync(path("state/runs"));
  await converge([file(path("one"), { content: "1\n" })]);
  t.deepEqual(readdirSync(path("state/runs")), before);
});

test("what was written beside by a run that was killed is swept by the next", async (t) => {
  const { path, converge } = await rig(t);
  await converge([file(path("one"), { content: "1\n" })]);
  writeFileSync(path(".killed.provision-new"), "secret\n");
  writeFileSync(path("not ours"), "x");
  writeFileSync(path("state/pending"), `${path(".killed.provision-new")}\n${path("not ours")}\n`);
  mkdirSync(path("state/work"));
  writeFileSync(path("state/work/log"), "old\n");
  await converge([file(path("one"), { content: "2\n" })]);
  t.deepEqual(readdirSync(path(".")).sort(), ["not ours", "one", "state"]);
  t.false(existsSync(path("state/work")));
});
