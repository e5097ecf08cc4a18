/**
 * `npm test`: types, style, the unit and protocol tests with their real peers, then the machine stories.
 * `npm test -- quick` leaves the machine stories out; `npm test -- stories` runs only them.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ensureRequirements, type Purpose } from "../src/app/requirements.ts";
import { systemClock } from "../src/clock.ts";
import { createLocalShell } from "../src/transport/local.ts";

interface Stage {
  readonly name: string;
  readonly part: "quick" | "stories";
  readonly argv: readonly string[];
}

const stages: readonly Stage[] = [
  { name: "types", part: "quick", argv: ["tsc"] },
  { name: "style", part: "quick", argv: ["biome", "check", "--error-on-warnings", "."] },
  { name: "unit and protocol tests, with real peers", part: "quick", argv: ["ava"] },
  { name: "machine stories, BIOS and UEFI", part: "stories", argv: ["ava", "--config", "ava.stories.config.js"] },
];

interface Tally {
  passed: number;
  failed: number;
}

/** Adds up what ava says at its end: `12 tests passed`, `1 test failed`, `1 uncaught exception`. */
function count(output: string, tally: Tally): void {
  const sum = (pattern: RegExp) => [...output.matchAll(pattern)].reduce((all, match) => all + Number(match[1]), 0);
  tally.passed += sum(/^\s*(\d+) tests? passed$/gm);
  tally.failed += sum(/^\s*(\d+) (?:tests?|hooks?) failed$/gm);
}

/** Runs one stage with its output passed through, and counts a stage without tests of its own as one. */
async function run(stage: Stage, tally: Tally): Promise<void> {
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
}

const only = process.argv[2];
const wanted = stages.filter((stage) => only === undefined || stage.part === only);
const shell = createLocalShell({ clock: systemClock });
process.env.PATH = `${join(import.meta.dirname, "../node_modules/.bin")}:${process.env.PATH}`;
try {
  const purposes: readonly Purpose[] = ["test", "rack", "image", ...(only === "quick" ? [] : (["story"] as const))];
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
for (const stage of wanted) await run(stage, tally);
console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
