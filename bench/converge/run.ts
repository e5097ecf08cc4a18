/**
 * `npm run bench:converge`: one catalogue, four engines, one host, one run. Prints the ratios and writes docs/benchmarks.md.
 * `npm run bench:converge -- --quick` makes one round of everything quick, without Ansible's, and writes nothing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureRequirements } from "../../src/app/requirements.ts";
import { systemClock } from "../../src/clock.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import { measureFirst } from "./first-converge.ts";
import { measureFleet } from "./fleet-rounds.ts";
import { goalsOf } from "./goals.ts";
import { renderGoals, renderReport } from "./report.ts";
import { openStage } from "./stage.ts";
import { measureUnchanged } from "./unchanged.ts";

const quick = process.argv.includes("--quick");
const say = (line: string) => console.log(line);
const startedMs = systemClock.monotonicMs();

await ensureRequirements(["bench"], {
  shell: createLocalShell({ clock: systemClock }),
  isRoot: process.getuid?.() === 0,
  say,
});
const stage = await openStage({ quick, say });
try {
  const first = await measureFirst(stage);
  const unchanged = await measureUnchanged(stage, first.host);
  const fleet = await measureFleet(stage, first);
  const results = { first: first.times, unchanged, fleet };
  const goals = goalsOf(results);
  say(renderGoals(goals));
  const around = { date: new Date(), layers: stage.layers };
  if (!quick)
    writeFileSync(join(import.meta.dirname, "../../docs/benchmarks.md"), renderReport(results, goals, around));
  say(`measured in ${((systemClock.monotonicMs() - startedMs) / 1000).toFixed(0)} s`);
} finally {
  await stage.close();
}
