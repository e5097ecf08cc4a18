import type { Clock } from "../clock.ts";
import { toRecord } from "../errors.ts";
import type { Shell } from "../transport/shell.ts";
import { type ApplyOptions, applyPlan } from "./apply.ts";
import { type AssessedPlan, assess, type Reading } from "./assessment.ts";
import type { Installation, Ledger } from "./ledger.ts";
import { leftOver } from "./plan.ts";
import type { RunReport } from "./report.ts";
import { keyOf, type RunOutcome, type RunResult, type RunSummary } from "./run-record.ts";
import { heardFrom, listenIn, markLeft, runResults } from "./run-results.ts";
import type { Runs } from "./runs.ts";

export interface RecorderOptions {
  readonly runs: Runs;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly installation: Installation;
  /** For the lock's holder: the site's name. */
  readonly site: string;
  readonly by: string;
  readonly purge: boolean;
}

/** One converge of one node, stored as it goes: a run begins with the first plan and ends with the proof. */
export interface Recorder {
  /** The run, as soon as there is one. */
  readonly run: RunSummary | undefined;
  /** The first time the plan of the run; after an apply its proof. */
  plan(read: Reading): Promise<AssessedPlan>;
  /** As `applyPlan` does, without reading again. */
  apply(plan: AssessedPlan, shell: Shell, options: ApplyOptions): Promise<RunReport>;
}

interface Progress {
  run: RunSummary | undefined;
  startedMs: number;
  executions: number;
  /** Of the apply, once it is over. */
  results: readonly RunResult[] | undefined;
}

export function createRecorder(options: RecorderOptions): Recorder {
  const progress: Progress = { run: undefined, startedMs: 0, executions: 0, results: undefined };
  return {
    get run() {
      return progress.run;
    },
    plan: (read) => planAndRecord(options, progress, read),
    apply: (plan, shell, applying) => applyAndRecord(options, progress, { plan, shell, applying }),
  };
}

async function planAndRecord(options: RecorderOptions, progress: Progress, read: Reading): Promise<AssessedPlan> {
  const { runs, ledger, installation, by, purge, clock } = options;
  if (!progress.run) {
    progress.startedMs = clock.monotonicMs();
    progress.run = await runs.begin({ node: installation.node, kind: "converge", by });
  }
  const assessed = await assess(read, { ledger: await ledger.read(installation), purge }).catch(async (thrown) => {
    await end(options, progress, { outcome: "broken", results: progress.results ?? [], thrown });
    throw thrown;
  });
  progress.executions += 1;
  const left = leftOver(assessed.planned);
  if (progress.results) {
    const results = markLeft(progress.results, left);
    await end(options, progress, { outcome: left.length > 0 ? "left" : "changed", results, plan: assessed });
    await note(options, progress, { plan: assessed, proven: true });
  } else if (assessed.planned.length === 0) {
    await end(options, progress, { outcome: "unchanged", results: [], plan: assessed });
    await note(options, progress, { plan: assessed, proven: true });
  }
  return assessed;
}

interface Applying {
  readonly plan: AssessedPlan;
  readonly shell: Shell;
  readonly applying: ApplyOptions;
}

async function applyAndRecord(
  options: RecorderOptions,
  progress: Progress,
  { plan, shell, applying }: Applying,
): Promise<RunReport> {
  const { run } = progress;
  if (!run) throw new TypeError("a run begins with a plan");
  const { heard, onEvent } = listenIn(applying.onEvent ?? (() => {}));
  const says = `run ${run.id} of site ${options.site} by ${options.by}`;
  progress.executions += 1;
  try {
    const report = await applyPlan(plan, shell, { ...applying, run: says, key: keyOf(run), prove: false, onEvent });
    progress.results = runResults(plan, heardFrom(report.results));
    await end(options, progress, { outcome: report.outcome, results: progress.results, plan });
    if (report.outcome === "failed") await note(options, progress, { plan, proven: false });
    return report;
  } catch (thrown) {
    await end(options, progress, { outcome: "broken", results: runResults(plan, heard), plan, thrown });
    throw thrown;
  }
}

interface Ending {
  readonly outcome: Exclude<RunOutcome, "unfinished">;
  readonly results: readonly RunResult[];
  readonly plan?: AssessedPlan;
  readonly thrown?: unknown;
}

async function end(options: RecorderOptions, progress: Progress, ending: Ending): Promise<void> {
  if (!progress.run) return;
  const { outcome, results, plan, thrown } = ending;
  await options.runs.finish(progress.run.id, {
    outcome,
    results,
    durationMs: options.clock.monotonicMs() - progress.startedMs,
    executions: progress.executions,
    unchanged: (plan?.catalogue.items.length ?? 0) - (plan ? results.length : 0),
    orphans: plan?.orphans ?? [],
    error: thrown === undefined ? undefined : toRecord(thrown),
  });
}

/** Into the ledger goes what is as it should be: what wasn't planned, and what was done and isn't found again. */
async function note({ ledger, installation }: RecorderOptions, { run, results }: Progress, seen: Seen): Promise<void> {
  if (!run) return;
  const { plan, proven } = seen;
  const open = new Map(plan.planned.map(({ item, certainty }) => [item.reference, certainty]));
  const done = new Set(results?.filter(({ outcome }) => outcome === "done").map(({ reference }) => reference));
  const settled = plan.catalogue.items.filter(({ reference }) => {
    const certainty = open.get(reference);
    return certainty === undefined || (done.has(reference) && (!proven || certainty === "unknown"));
  });
  const purged = new Set(plan.purged);
  const gone = settled.map(({ reference }) => reference).filter((reference) => purged.has(reference));
  const items = settled.filter(({ reference }) => !purged.has(reference));
  await ledger.note(installation, { run: run.id, catalogue: plan.catalogue, items, gone: [...plan.taken, ...gone] });
}

interface Seen {
  readonly plan: AssessedPlan;
  /** Was the host read after the work was done? */
  readonly proven: boolean;
}
