import type { RunRecord, RunResult, StoredChange } from "../converge/run-record.ts";
import { formatPlace } from "../errors.ts";
import type { JunitCase, JunitSuite } from "./junit.ts";

/**
 * A run as a suite: a case for each resource that had to change, and one for all that was as it should be. In a drift
 * run each difference is a failure; in the others what was done has passed.
 */
export function runSuite(run: RunRecord): JunitSuite {
  const className = `${run.node}.${run.kind}`;
  const known: JunitCase[] = run.results.map((result) => resultCase(run, result));
  const rest = `${run.unchanged} resources as they should be`;
  const fine: JunitCase = { className, name: rest, durationMs: 0, outcome: "passed" };
  const { error } = run;
  const broken: JunitCase[] = error
    ? [{ className, name: "the run", durationMs: 0, outcome: "error", message: error.message, text: error.hint }]
    : [];
  const cases = [...broken, ...known, ...(run.unchanged > 0 ? [fine] : [])];
  return { name: `${run.node} ${run.id}`, startedAt: run.startedAt, cases };
}

function resultCase({ node, kind }: RunRecord, result: RunResult): JunitCase {
  const about = { className: `${node}.${result.role}`, name: result.reference, durationMs: result.durationMs };
  const outcome = outcomeOf(result, kind === "drift");
  if (outcome === "passed") return { ...about, outcome };
  const message =
    result.error?.message.split("\n")[0] ?? `${result.outcome}: ${result.changes.map(oneLine).join("; ")}`;
  const declared = `declared at ${formatPlace(result.declared)}, ${result.cause}`;
  const text = [declared, ...result.changes.flatMap(manyLines), result.error?.message ?? ""].join("\n").trim();
  return { ...about, outcome, message, text };
}

function outcomeOf({ outcome }: RunResult, isDrift: boolean): JunitCase["outcome"] {
  switch (outcome) {
    case "done":
      return "passed";
    case "planned":
      return isDrift ? "failure" : "skipped";
    case "skipped":
      return "skipped";
    case "failed":
    case "left":
      return "failure";
    case "unfinished":
      return "error";
    default:
      return outcome satisfies never;
  }
}

const oneLine = ({ property, from, to }: StoredChange) => `${property}: ${from === undefined ? "" : `${from} → `}${to}`;
const manyLines = (change: StoredChange) => [oneLine(change), ...(change.diff ?? [])];
