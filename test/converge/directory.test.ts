import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { assertConverged } from "../../src/converge/report.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { link } from "../../src/converge/resources/link.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

for (const { name, start } of interpreters) {
  test(`${name}: it is made with what is missing above it, mended, and taken away when it is empty`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const wanted = catalogueOf([directory(path("a/b/c"), { mode: "2750", owner: "daemon", group: "daemon" })]);
    assertConverged(await converge(wanted, shell, { clock }));
    const { mode, uid } = statSync(path("a/b/c"));
    t.deepEqual([mode & 0o7777, uid, statSync(path("a/b")).mode & 0o7777], [0o2750, 1, 0o755]);
    chmodSync(path("a/b/c"), 0o777);
    assertConverged(await converge(wanted, shell, { clock }));
    t.is((await converge(wanted, shell, { clock })).outcome, "unchanged");
    writeFileSync(path("a/b/c/left behind"), "");
    const gone = (more: object) =>
      converge(catalogueOf([directory(path("a/b/c"), { ensure: "absent", ...more })]), shell, { clock });
    t.regex((await gone({})).results[0]?.error?.message ?? "", /not empty .*\nleft behind/);
    assertConverged(await gone({ purge: true }));
    t.deepEqual([existsSync(path("a/b/c")), existsSync(path("a/b"))], [false, true]);
  });

  test(`${name}: what is in it goes first, whatever the order of declaration`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    mkdirSync(path("d/e"), { recursive: true });
    writeFileSync(path("d/e/f"), "");
    symlinkSync("nowhere", path("d/l"));
    const absent = { ensure: "absent" } as const;
    const catalogue = catalogueOf([
      directory(path("d"), absent),
      directory(path("d/e"), absent),
      link(path("d/l"), absent),
      file(path("d/e/f"), absent),
    ]);
    assertConverged(await converge(catalogue, shell, { clock }));
    t.false(existsSync(path("d")));
    t.is((await converge(catalogue, shell, { clock })).outcome, "unchanged");
  });

  test(`${name}: nothing is purged in which something is mounted, and no link is followed`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    mkdirSync(path("d/mounted"), { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "trial", path("d/mounted")]);
    t.teardown(() => void execFileSync("umount", [path("d/mounted")]));
    writeFileSync(path("d/mounted/precious"), "");
    symlinkSync("d", path("l"));
    const purge = (one: string) =>
      converge(catalogueOf([directory(path(one), { ensure: "absent", purge: true })]), shell, { clock });
    t.regex((await purge("d")).results[0]?.error?.message ?? "", /trial is mounted on .*d\/mounted/);
    t.regex((await purge("l")).results[0]?.error?.message ?? "", /no directory and is left alone/);
    t.true(existsSync(path("d/mounted/precious")));
  });
}
