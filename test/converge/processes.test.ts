import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import test from "ava";
import { systemClock as clock } from "../../src/clock.ts";
import { converge } from "../../src/converge/apply.ts";
import { planCatalogue } from "../../src/converge/plan.ts";
import { assertConverged } from "../../src/converge/report.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { block } from "../../src/converge/resources/block.ts";
import { directory } from "../../src/converge/resources/directory.ts";
import { file } from "../../src/converge/resources/file.ts";
import { iniSetting } from "../../src/converge/resources/ini-setting.ts";
import { line } from "../../src/converge/resources/line.ts";
import { template } from "../../src/converge/resources/template.ts";
import { catalogueOf, makeScratch } from "./scratch.ts";

const counted = [
  "awk",
  "grep",
  "sed",
  "cat",
  "stat",
  "sha256sum",
  "base64",
  "tr",
  "cut",
  "head",
  "tail",
  "wc",
  "readlink",
];

/** So many of each, over so many files. */
function some(path: (name: string) => string, count: number): Resource[] {
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const shared = path(`shared${index % 5}`);
    return [
      file(path(`file${index}`), { content: `${index}\n` }),
      template(path(`template${index}`), { template: "x" }),
      directory(path(`directory${index}`)),
      line(`line ${index}`, { path: shared, line: `line${index} yes`, match: `^#?line${index} `, create: true }),
      block(`block ${index}`, { path: shared, content: `# ${index}\n` }),
      iniSetting(`setting ${index}`, { path: shared, section: "s", key: `key${index}`, value: index }),
    ];
  });
}

test("a check without differences starts as many processes for two hundred resources as for six", async (t) => {
  const { path, shell, remove } = makeScratch(["env", "sh"]);
  t.teardown(remove);
  const log = path("log");
  mkdirSync(path("bin"));
  for (const program of counted) {
    const real = execFileSync("which", [program], { encoding: "utf8" }).trim();
    writeFileSync(path(`bin/${program}`), `#!/bin/sh\necho ${program} >> ${log}\nexec ${real} "$@"\n`);
    chmodSync(path(`bin/${program}`), 0o755);
  }
  const counting = {
    ...shell,
    run: (...[command, options]: Parameters<typeof shell.run>) =>
      shell.run(command, {
        ...options,
        environment: { ...options?.environment, PATH: `${path("bin")}:${process.env.PATH}` },
      }),
  };
  const startedBy = async (resources: readonly Resource[]) => {
    const catalogue = catalogueOf(resources, "text\n");
    assertConverged(await converge(catalogue, shell, { clock }));
    rmSync(log, { force: true });
    t.deepEqual((await planCatalogue(catalogue, counting)).planned, []);
    return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").toSorted() : [];
  };
  const few = await startedBy(some(path, 1));
  t.true(few.length > 5, "the count sees something");
  t.deepEqual(await startedBy(some(path, 35)), few);
});
