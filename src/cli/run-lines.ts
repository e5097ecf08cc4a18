import { describeOrphan } from "../converge/describe.ts";
import type { RunRecord, RunResult, RunSummary, StoredChange } from "../converge/run-record.ts";
import { formatPlace } from "../errors.ts";
import { formatDuration, formatTable, type Style } from "./style.ts";

const outcomes: Readonly<Record<RunSummary["outcome"], (style: Style) => string>> = {
  unfinished: ({ warn }) => warn("unfinished"),
  unchanged: ({ good }) => good("unchanged"),
  changed: ({ good }) => good("changed"),
  differs: ({ warn }) => warn("differs"),
  failed: ({ bad }) => bad("failed"),
  left: ({ bad }) => bad("still differs"),
  broken: ({ bad }) => bad("broken off"),
};

const instant = (at: Date) => at.toISOString().slice(0, 19).replace("T", " ");

/** One line for each run, newest first. */
export function renderRuns(runs: readonly RunSummary[], style: Style): string {
  const header = ["RUN", "NODE", "KIND", "STARTED (UTC)", "TOOK", "BY", "OUTCOME"].map(style.dim);
  const rows = runs.map((run) => {
    const kind = run.undoes === undefined ? run.kind : `${run.kind} of ${run.undoes}`;
    const took = run.durationMs === undefined ? "–" : formatDuration(run.durationMs);
    return [run.id, run.node, kind, instant(run.startedAt), took, run.by, outcomes[run.outcome](style)];
  });
  return formatTable([header, ...rows]);
}

const marks: Readonly<Record<RunResult["outcome"], (style: Style) => string>> = {
  planned: ({ dim }) => dim("·"),
  unfinished: ({ warn }) => warn("?"),
  done: ({ good }) => good("✔"),
  failed: ({ bad }) => bad("✘"),
  skipped: ({ warn }) => warn("–"),
  left: ({ bad }) => bad("≠"),
};

/** A stored run: what it found, old → new, why, and what came of it. */
export function renderRun(run: RunRecord, style: Style): string {
  const { id, node, kind, by, startedAt, durationMs, outcome, executions, unchanged, undoes, error } = run;
  const what = undoes === undefined ? kind : `${kind} of ${undoes}`;
  const took = durationMs === undefined ? "" : `, ${formatDuration(durationMs)}`;
  const asked = `${executions} execution${executions === 1 ? "" : "s"}`;
  return [
    `${style.strong(id)}  ${what} on ${style.strong(node)}: ${outcomes[outcome](style)}`,
    style.dim(`  ${instant(startedAt)} UTC by ${by}${took}, ${asked}`),
    ...run.results.flatMap((result) => renderResult(result, style)),
    ...run.orphans.map((orphan) => style.dim(`  ${describeOrphan(orphan).text}`)),
    ...(unchanged > 0 ? [`  ${unchanged} as they should be`] : []),
    ...(error ? [`  ${style.bad(`error[${error.code}]`)}: ${error.message}`] : []),
  ].join("\n");
}

function renderResult(result: RunResult, style: Style): string[] {
  const { reference, role, declared, outcome, cause, because, changes, durationMs, error } = result;
  const took = durationMs >= 100 ? `  ${formatDuration(durationMs)}` : "";
  const why = outcome === "skipped" ? `skipped after ${because.join(", ")}` : cause === "unknown" ? "" : cause;
  const place = style.dim(`${role}, ${formatPlace(declared)}${took}`);
  return [
    `  ${marks[outcome](style)} ${style.strong(reference)}  ${place}${why ? `  ${why}` : ""}`,
    ...changes.flatMap((change) => renderChange(change, style)),
    ...(error ? error.message.split("\n").map((line) => `      ${style.bad(line)}`) : []),
  ];
}

function renderChange({ property, from, to, diff = [] }: StoredChange, style: Style): string[] {
  const tones: Readonly<Record<string, (text: string) => string>> = {
    "+": style.good,
    "-": style.bad,
    "@": style.accent,
  };
  const lines = diff.map((line) => `        ${tones[line[0] ?? ""]?.(line) ?? line}`);
  return [`      ${property}: ${from === undefined ? to : `${from} → ${to}`}`, ...lines];
}
