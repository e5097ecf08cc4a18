import { writeFileSync } from "node:fs";
import { checkDrift, type Drift } from "../../app/drift.ts";
import { junitXml } from "../../app/junit.ts";
import { runSuite } from "../../app/run-junit.ts";
import { countCauses } from "../../converge/causes.ts";
import type { RunRecord } from "../../converge/run-record.ts";
import type { CliCommand } from "../command.ts";
import { operator } from "../operator.ts";
import { renderRun } from "../run-lines.ts";
import type { Style } from "../style.ts";

/** Of the exit table in docs/errors.md. */
const drifted = 3;
const unknown = 1;

export const drift: CliCommand = {
  name: "drift",
  summary: "Compare installed nodes with their roles and change nothing; status 3 when one differs",
  arguments: "[nodes...]",
  options: [
    { flags: "--limit <which>", help: "only these: names (web*), or group=, role=, rack=" },
    { flags: "--junit <file>", help: "also write the findings as JUnit XML" },
  ],
  example: "drift --limit 'web*'",
  network: true,
  run: async ({ arguments: nodes, options }, context) => {
    const { terminal } = context;
    const found = await checkDrift(context, {
      nodes,
      limit: typeof options.limit === "string" ? options.limit : undefined,
      by: operator(terminal.environment),
      signal: terminal.interrupted,
      onNode: (run) => terminal.say(summaryLine(run, terminal.style)),
    });
    if (typeof options.junit === "string") writeFileSync(options.junit, junitXml(found.runs.map(runSuite)));
    return { json: found, text: (style) => details(found, style), exitCode: exitCodeOf(found) };
  },
};

function exitCodeOf({ runs }: Drift): number {
  if (runs.some(({ outcome }) => outcome === "broken")) return unknown;
  return runs.some(({ outcome }) => outcome === "differs") ? drifted : 0;
}

/** As soon as a node has answered. */
function summaryLine({ id, node, outcome, results, unchanged, orphans, error }: RunRecord, style: Style): string {
  const left = orphans.length > 0 ? `, ${orphans.length} orphan${orphans.length > 1 ? "s" : ""}` : "";
  if (outcome === "broken") return `${style.bad("✘")} ${node}  ${error?.message ?? "could not be looked at"}  ${id}`;
  if (outcome === "unchanged") return `${style.good("✔")} ${node}  ${unchanged} as they should be${left}  ${id}`;
  const counted = countCauses(results.map(({ cause }) => cause));
  return `${style.warn("≠")} ${node}  ${results.length} differ (${counted}), ${unchanged} as they should be${left}  ${id}`;
}

function details({ runs, notInstalled }: Drift, style: Style): string {
  const worth = runs.filter(({ outcome, orphans }) => outcome === "differs" || orphans.length > 0);
  const absent = notInstalled.length > 0 ? [style.dim(`not installed: ${notInstalled.join(", ")}`)] : [];
  if (runs.length === 0) return [...absent, "no node is installed yet: there was nothing to look at"].join("\n");
  return [...worth.map((run) => renderRun(run, style)), ...absent].join("\n");
}
