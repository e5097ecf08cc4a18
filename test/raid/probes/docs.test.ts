import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { probeSettingsOf } from "../../../src/app/disks/settings.ts";
import { diskWatchSchema } from "../../../src/inventory/disk-schema.ts";
import { nodeSchema } from "../../../src/inventory/schema.ts";
import { command } from "../../../src/raid/probes/command.ts";
import { probes } from "../../../src/raid/probes/list.ts";
import { probeProgram } from "../../../src/raid/probes/run.ts";
import { makeBench } from "./bench.ts";
import { backup, report, told } from "./recorded.ts";

const read = (name: string) => readFileSync(join(import.meta.dirname, "../../../docs", name), "utf8");
const text = read("probes.md");
const blocks = (from: string, kind: string) =>
  [...from.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\`$`, "gms"))].map((match) => match[1] as string);
const block = (kind: string) => {
  const [only] = blocks(text, kind);
  if (only === undefined) throw new Error(`no block of ${kind}`);
  return only;
};
const partOfNode = nodeSchema.pick({ bays: true, hotSwap: true, backups: true });

test("every probe has its row, in the order in which they are asked", (t) => {
  const asked = text.slice(text.indexOf("## What is asked"), text.indexOf("## Backups"));
  const rows = [...asked.matchAll(/^\| `(\w+)`(?: \((\d+) s\))? \|/gm)];
  t.deepEqual(
    rows.map(([, name, seconds]) => `${name} ${seconds ?? 60}`),
    probes.map(({ name, limitSeconds = 60 }) => `${name} ${limitSeconds}`),
  );
});

test("the inventory of the docs is one, and its probes' program is one for both shells", async (t) => {
  const settings = probeSettingsOf(partOfNode.parse(parse(block("yaml"))));
  t.deepEqual(
    settings.backups.map(({ with: tool, kind, maxAgeHours }) => [tool, kind, maxAgeHours]),
    [
      ["restic", "files", 26],
      ["dumps", "dump", 26],
      ["command", "files", 26],
    ],
  );
  for (const shell of ["dash", "busybox"] as const) {
    const bench = makeBench(t, shell);
    const file = bench.file("program", probeProgram(probes, settings));
    t.is((await bench.run(`sh -n ${file}`)).stderr, "");
  }
});

test("docs/inventory.md's disks are taken as they stand", (t) => {
  const inventory = read("inventory.md");
  const [node, site] = blocks(
    inventory.slice(inventory.indexOf("## Disks:"), inventory.indexOf("## Secrets")),
    "yaml",
  ).map((one) => parse(one));
  t.is(partOfNode.parse(node).backups?.length, 2);
  t.is(diskWatchSchema.parse(site.diskWatch).hooks.length, 2);
});

const asCommand = (covers: string[]) => ({ backups: [backup({ with: "command", covers })] });

test("the docs' JSON is an answer", (t) => {
  const lines = [
    "now 1795251600",
    "host db01",
    ...block("json")
      .split("\n")
      .map((line) => `answer 0 ${line}`),
  ];
  t.is(
    told(report(command, lines, asCommand(["guest:web7", "/data"]))),
    "present | files of guest:web7: 27951 | files of /srv: none | files of /home: none | files of /data: none",
  );
});

test("the docs' short command tells how old its file is, and is unknown without it", async (t) => {
  const bench = makeBench(t, "dash");
  const file = bench.path(".last_ok");
  const settings = {
    backups: [backup({ with: "command", command: block("sh").replace("/var/lib/backup/.last_ok", file) })],
  };
  const [without] = await bench.ask([command], settings);
  t.regex(without ? told(without) : "", /^unknown: date: /);
  const now = Number((await bench.run("date +%s")).stdout);
  bench.file(".last_ok", "", new Date((now - 7200) * 1000));
  const [only] = await bench.ask([command], settings);
  t.regex(only ? told(only) : "", /^present \| files of \/srv: 72\d\d$/);
});
