import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import { exec } from "../../src/converge/resources/exec.ts";
import { file } from "../../src/converge/resources/file.ts";
import { Secret } from "../../src/secret.ts";
import { interpreters } from "./busybox.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

const text = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");

for (const { name, start } of interpreters) {
  test(`${name}: guards decide, also by another user and with variables`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    mkdirSync(path("open"), { mode: 0o777 });
    const log = path("log");
    const note = (word: string) => `echo ${word} >> ${log}`;
    const resources = [
      exec("creates", { script: `${note("creates")}; : > ${path("made")}`, creates: path("made") }),
      exec("unless", { argv: ["touch", path("it's")], unless: ["test", "-e", path("it's")] }),
      exec("only if", {
        script: `${note("onlyIf")}; rm ${path("made2")}`,
        onlyIf: `test -e "$WHERE"`,
        environment: { WHERE: path("made2") },
      }),
      exec("not if", { script: note("never"), onlyIf: ["false"] }),
      exec("who", {
        script: `id -un > out; echo "$HOME $PWD" >> out`,
        creates: path("open/out"),
        user: "daemon",
        cwd: path("open"),
      }),
    ];
    writeFileSync(path("made2"), "");
    await import("node:fs").then(({ chmodSync }) => {
      chmodSync(path("."), 0o755);
      chmodSync(path("open"), 0o777);
    });
    assertConverged(await converge(catalogueOf(resources), shell, { clock }));
    t.is(text(log), "creates\nonlyIf\n");
    t.is(text(path("open/out")), `daemon\n/usr/sbin ${path("open")}\n`);
    const second = await converge(catalogueOf(resources), shell, { clock });
    t.deepEqual([second.outcome, second.executions], ["unchanged", 1]);
  });

  test(`${name}: without a guard it is unknown, and is run each time`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const catalogue = catalogueOf([exec("each time", { script: `echo x >> ${path("log")}` })]);
    for (const expected of ["x\n", "x\nx\n"]) {
      const report = await converge(catalogue, shell, { clock });
      assertConverged(report);
      t.is(text(path("log")), expected);
    }
    t.is((await planCatalogue(catalogue, shell)).planned[0]?.certainty, "unknown");
  });

  test(`${name}: refresh only: when an input changed, also after a failure, also by hand; else never`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const wanted = (content: string) => {
      const config = file(path("config"), { content });
      return catalogueOf([
        config,
        exec("reload the thing", {
          script: `cat ${path("config")} >> ${path("log")}; test ! -e ${path("broken")}`,
          refreshOnly: true,
          subscribe: [config],
        }),
      ]);
    };
    assertConverged(await converge(wanted("1\n"), shell, { clock }));
    t.is(text(path("log")), "1\n");
    t.is((await converge(wanted("1\n"), shell, { clock })).outcome, "unchanged");
    writeFileSync(path("broken"), "");
    t.is((await converge(wanted("2\n"), shell, { clock })).outcome, "failed");
    rmSync(path("broken"));
    const plan = await planCatalogue(wanted("2\n"), shell);
    t.deepEqual(
      plan.planned.map(({ item, certainty }) => [item.type, certainty]),
      [["exec", "seen"]],
    );
    assertConverged(await converge(wanted("2\n"), shell, { clock }));
    t.is(text(path("log")), "1\n2\n2\n");
    writeFileSync(path("config"), "by hand\n");
    assertConverged(await converge(wanted("2\n"), shell, { clock }));
    t.is(text(path("log")), "1\n2\n2\n2\n");
    writeFileSync(path("config"), "by hand\n");
    writeFileSync(path("broken"), "");
    t.is((await converge(wanted("2\n"), shell, { clock })).outcome, "failed");
    rmSync(path("broken"));
    assertConverged(await converge(wanted("2\n"), shell, { clock }));
    t.is(text(path("log")), "1\n2\n2\n2\n2\n2\n", "the file was mended in a run whose command failed");
    t.is((await converge(wanted("2\n"), shell, { clock })).outcome, "unchanged");
  });

  test(`${name}: failures say why: exit code, time, folder`, async (t) => {
    const { shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const report = await converge(
      catalogueOf([
        exec("code", { script: "echo told; exit 7", creates: "/nonexistent" }),
        exec("first failure ends it", { script: "false\ntrue", creates: "/nonexistent" }),
        exec("taken", { script: "exit 7", exitCodes: [0, 7] }),
        exec("slow", { argv: ["sleep", "20"], timeoutSeconds: 1 }),
        exec("folder", { argv: ["true"], cwd: "/nonexistent/folder" }),
      ]),
      shell,
      { clock },
    );
    const said = report.results.map(({ outcome, error }) => (outcome === "done" ? "done" : (error?.message ?? "")));
    for (const [index, pattern] of [
      /told\nit ended with 7/,
      /it ended with 1/,
      /^done$/,
      /longer than 1 s/,
      /nonexistent/,
    ].entries()) {
      t.regex(said[index] ?? "", pattern);
    }
  });

  test(`${name}: a secret variable reaches the command, and no argument, plan or guard`, async (t) => {
    const { path, shell, remove } = makeScratch(start(t));
    t.teardown(remove);
    const words = `cat /proc/self/cmdline /proc/$$/cmdline | tr '\\000' ' '`;
    const catalogue = catalogueOf([
      exec("secret", {
        script: `printf '%s' "$TOKEN" > ${path("got")}; ${words} > ${path("words")}`,
        unless: `echo "$TOKEN" > ${path("guard")}; test -e ${path("got")}`,
        environment: { TOKEN: new Secret("it's hunter2") },
      }),
    ]);
    const plan = await planCatalogue(catalogue, shell);
    assertConverged(await converge(catalogue, shell, { clock }));
    t.is(text(path("got")), "it's hunter2");
    t.is(text(path("guard")).trim(), "");
    t.false((JSON.stringify(plan) + shell.scripts.join("") + text(path("words"))).includes("hunter2"));
  });
}
