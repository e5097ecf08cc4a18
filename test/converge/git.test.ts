import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import { git } from "../../src/converge/resources/git.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch, type Scratch } from "./scratch.ts";

const run = (folder: string, ...words: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@rack.test", "-C", folder, ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();

/** A repository with a branch `main`, to which `commit` adds. */
function makeRepository({ path }: Scratch) {
  const folder = path("origin");
  mkdirSync(folder);
  chmodSync(path("."), 0o755);
  run(folder, "init", "-q", "-b", "main");
  const commit = (text: string): string => {
    writeFileSync(`${folder}/page`, text);
    run(folder, "add", "page");
    run(folder, "commit", "-q", "-m", text);
    return run(folder, "rev-parse", "HEAD");
  };
  return { folder, commit };
}

for (const { name, start } of interpreters) {
  test(`${name}: a branch is followed, a tag and a commit are kept to`, async (t) => {
    const scratch = makeScratch(start(t, "git"));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    const { folder, commit } = makeRepository(scratch);
    const first = commit("one");
    run(folder, "tag", "-a", "v1", "-m", "one");
    const target = path("clone");
    const at = (ref: string) =>
      catalogueOf([git(target, { repository: folder, ref, owner: "daemon", group: "daemon" })]);
    mkdirSync(target);
    assertConverged(await converge(at("main"), shell, { clock }));
    t.deepEqual([readFileSync(`${target}/page`, "utf8"), statSync(`${target}/page`).uid], ["one", 1]);
    const second = await converge(at("main"), shell, { clock });
    t.deepEqual([second.outcome, second.executions], ["unchanged", 1]);
    const newer = commit("two");
    const plan = await planCatalogue(at("main"), shell);
    t.deepEqual(plan.planned[0]?.changes, [
      { property: "commit", from: first.slice(0, 12), to: `main (${newer.slice(0, 12)})` },
    ]);
    assertConverged(await converge(at("main"), shell, { clock }));
    t.is(readFileSync(`${target}/page`, "utf8"), "two");
    assertConverged(await converge(at("v1"), shell, { clock }));
    t.is(readFileSync(`${target}/page`, "utf8"), "one");
    t.is((await converge(at("v1"), shell, { clock })).outcome, "unchanged");
    renameSync(folder, `${folder}-away`);
    t.is((await converge(at(first), shell, { clock })).outcome, "unchanged");
    assertConverged(await converge(at(newer), shell, { clock }));
    t.is(readFileSync(`${target}/page`, "utf8"), "two");
    const unanswered = await planCatalogue(at("main"), shell);
    t.is(unanswered.planned[0]?.certainty, "unknown");
    t.deepEqual(
      readdirSync(path(".")).filter((one) => one.startsWith(".clone")),
      [],
    );
  });

  test(`${name}: what was changed by hand stays, or is thrown away if that is said`, async (t) => {
    const scratch = makeScratch(start(t, "git"));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    const { folder, commit } = makeRepository(scratch);
    commit("one");
    const target = path("clone");
    const with_ = (more: object) =>
      converge(catalogueOf([git(target, { repository: folder, ...more })]), shell, { clock });
    assertConverged(await with_({}));
    writeFileSync(`${target}/page`, "by hand");
    t.is((await with_({})).outcome, "unchanged");
    commit("two");
    t.is((await with_({})).outcome, "failed");
    t.is(readFileSync(`${target}/page`, "utf8"), "by hand");
    assertConverged(await with_({ discardChanges: true }));
    t.is(readFileSync(`${target}/page`, "utf8"), "two");
    rmSync(`${target}/page`);
    assertConverged(await with_({ discardChanges: true }));
    t.true(existsSync(`${target}/page`));
    writeFileSync(`${target}/upload`, "precious");
    const gone = (more: object) =>
      converge(catalogueOf([git(target, { ensure: "absent", ...more })]), shell, { clock });
    t.regex((await gone({})).results[0]?.error?.message ?? "", /upload/);
    assertConverged(await gone({ discardChanges: true }));
    t.false(existsSync(target));
  });

  test(`${name}: half a clone and half a switch are made whole`, async (t) => {
    const scratch = makeScratch(start(t, "git"));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    const { folder, commit } = makeRepository(scratch);
    commit("one");
    mkdirSync(path(".clone.provision-clone/.git"), { recursive: true });
    const catalogue = catalogueOf([git(path("clone"), { repository: folder, depth: 1 })]);
    assertConverged(await converge(catalogue, shell, { clock }));
    commit("two");
    writeFileSync(path("clone/.git/index.lock"), "");
    t.is((await converge(catalogue, shell, { clock })).outcome, "failed", "a lock of somebody else's");
    t.true(existsSync(path("clone/.git/provision-busy")));
    assertConverged(await converge(catalogue, shell, { clock }));
    t.is(readFileSync(path("clone/page"), "utf8"), "two");
  });

  test(`${name}: an unknown ref, and a place that is taken, are told`, async (t) => {
    const scratch = makeScratch(start(t, "git"));
    const { path, shell, remove } = scratch;
    t.teardown(remove);
    const { folder, commit } = makeRepository(scratch);
    commit("one");
    mkdirSync(path("taken"));
    writeFileSync(path("taken/x"), "");
    const report = await converge(
      catalogueOf([
        git(path("clone"), { repository: folder, ref: "nobody" }),
        git(path("taken"), { repository: folder }),
      ]),
      shell,
      { clock },
    );
    t.regex(report.results[0]?.error?.message ?? "", /neither a branch nor a tag nobody/);
    t.regex(report.results[1]?.error?.message ?? "", /no clone: it is left alone/);
    t.false(existsSync(path("clone")));
  });
}
