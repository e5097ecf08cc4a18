/**
 * `npm test`: types, style, the unit and protocol tests with their real peers, then the machine stories. `npm test -- quick`
 * leaves the virtual machines out; `npm test -- stories` runs only the machine stories. Disk swaps on real md take longer than
 * all of that, and run by themselves only: `npm run test:raid`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ensureRequirements, type Purpose } from "../src/app/requirements.ts";
import { systemClock } from "../src/clock.ts";
import { createLocalShell } from "../src/transport/local.ts";

interface Stage {
  readonly name: string;
  readonly part: "quick" | "raid" | "stories";
  readonly argv: readonly string[];
}

const stages: readonly Stage[] = [
  { name: "types", part: "quick", argv: ["tsc"] },
  { name: "style", part: "quick", argv: ["biome", "check", "--error-on-warnings", "."] },
  { name: "unit and protocol tests, with real peers", part: "quick", argv: ["ava"] },
  {
    name: "disk swaps on real md, in virtual machines",
    part: "raid",
    argv: ["ava", "--config", "ava.raid.config.js"],
  },
  { name: "machine stories, BIOS and UEFI", part: "stories", argv: ["ava", "--config", "ava.stories.config.js"] },
];

/** Debian packages, by purpose. */
const needs: Readonly<Record<Stage["part"], readonly Purpose[]>> = {
  quick: ["test", "rack", "image"],
  raid: ["rack", "image", "hosts"],
  stories: ["test", "rack", "image", "story"],
};

interface Tally {
  passed: number;
  failed: number;
}

/** Adds up ava's line for each test, because its sum leaves out what passed as soon as anything failed. */
function count(output: string, tally: Tally): void {
  tally.passed += [...output.matchAll(/^ *✔ /gm)].length;
  const sums = output.matchAll(/^\s*(\d+) (?:tests?|hooks?) failed$/gm);
  tally.failed += [...sums].reduce((all, match) => all + Number(match[1]), 0);
}

/** What ava tells of its failures, after the line below its last test; whoever keeps only an output's end needs it there. */
function failures(output: string): string {
  const told = output.slice(output.indexOf("\n  ─\n") + 1);
  const named = output.match(/^ *✘ .*$/gm) ?? [];
  return [...named, told.slice(-12_000)].join("\n");
}

/** Runs one stage with its output passed through, and counts a stage without tests of its own as one; answers with what failed. */
async function run(stage: Stage, tally: Tally): Promise<string> {
  const started = performance.now();
  console.log(`\n── ${stage.name}`);
  const [program = "", ...rest] = stage.argv;
  const child = spawn(join("node_modules/.bin", program), rest, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const [code] = (await once(child, "close")) as [number | null];
  const before = tally.failed;
  if (program === "ava") count(output, tally);
  else tally[code === 0 ? "passed" : "failed"] += 1;
  if (code !== 0 && tally.failed === before) tally.failed += 1;
  console.log(
    `── ${stage.name}: ${code === 0 ? "good" : "FAILED"} after ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  return code === 0 ? "" : `\n── ${stage.name}, once more what failed\n${failures(output)}`;
}

const only = process.argv[2];
const wanted = stages.filter(({ part }) => (only === undefined ? part !== "raid" : part === only));
const shell = createLocalShell({ clock: systemClock });
process.env.PATH = `${join(import.meta.dirname, "../node_modules/.bin")}:${process.env.PATH}`;
try {
  const purposes = [...new Set(wanted.flatMap(({ part }) => needs[part]))];
  await ensureRequirements(purposes, {
    shell,
    isRoot: process.getuid?.() === 0,
    say: (line) => console.log(line),
  });
} catch (thrown) {
  console.error(thrown instanceof Error ? `${thrown.message}\n  ${(thrown as { hint?: string }).hint ?? ""}` : thrown);
  process.exit(1);
}
const tally: Tally = { passed: 0, failed: 0 };
const failed: string[] = [];
for (const stage of wanted) failed.push(await run(stage, tally));
console.log(failed.join(""));
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
