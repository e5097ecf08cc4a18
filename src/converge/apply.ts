import type { Clock } from "../clock.ts";
import type { Shell } from "../transport/shell.ts";
import { type ApplyEvent, listen } from "./apply-events.ts";
import { applyProgram } from "./apply-program.ts";
import type { Catalogue } from "./catalogue.ts";
import { fail } from "./errors.ts";
import { leftOver, type Plan, planCatalogue } from "./plan.ts";
import type { ItemResult, RunReport } from "./report.ts";

export interface ApplyOptions {
  readonly clock: Clock;
  /** Who holds the host meanwhile, as a second run hears it: `run 7 of provision on ops1`. */
  readonly run?: string;
  /** Under which the host keeps what this run replaces, for a rollback; without it nothing is kept. */
  readonly key?: string;
  readonly onEvent?: (event: ApplyEvent) => void;
  readonly signal?: AbortSignal;
  /** For the whole apply. Installing packages on an emulated machine takes minutes. */
  readonly timeoutMs?: number;
  /** `false` when the caller reads again by itself. */
  readonly prove?: boolean;
}

const applyTimeoutMs = 3_600_000;

/**
 * Makes a plan so, in one execution, and reads again in another to prove it. An empty plan executes nothing. A failed
 * resource is a result, not an exception (see {@link assertConverged}). Throws `plan-stale` and `apply-busy` before
 * anything is changed, `apply-broken`, and what the shell throws: after `ssh-lost` the host finishes the step that it
 * was at and begins no other.
 */
export async function applyPlan(plan: Plan, shell: Shell, options: ApplyOptions): Promise<RunReport> {
  const startedMs = options.clock.monotonicMs();
  const about = { node: plan.node, host: plan.host, unchanged: plan.unchanged };
  if (plan.planned.length === 0) {
    return { ...about, outcome: "unchanged", results: [], remaining: [], executions: 0, durationMs: 0 };
  }
  const { run = "another run of provision", key = "", signal } = options;
  const program = applyProgram(plan, { says: run, key });
  const results = await carryOut({ plan, program, shell, options });
  const remaining =
    options.prove === false ? [] : leftOver((await planCatalogue(plan.catalogue, shell, optional({ signal }))).planned);
  const failed = results.some(({ outcome }) => outcome !== "done");
  const outcome = failed ? "failed" : remaining.length > 0 ? "left" : "changed";
  const durationMs = options.clock.monotonicMs() - startedMs;
  return { ...about, outcome, results, remaining, executions: options.prove === false ? 1 : 2, durationMs };
}

export interface CarryingOut {
  readonly plan: Plan;
  /** For `sh -s`; it tells what it does as {@link listen} understands it. */
  readonly program: string;
  readonly shell: Shell;
  readonly options: ApplyOptions;
}

/** Runs a program that changes a host, and hears it to its end. Throws `plan-stale`, `apply-busy`, `apply-broken`. */
export async function carryOut({ plan, program, shell, options }: CarryingOut): Promise<readonly ItemResult[]> {
  const { timeoutMs = applyTimeoutMs, signal } = options;
  const listener = listen(plan, options.onEvent ?? (() => {}));
  const result = await shell.run(
    { script: program },
    { timeoutMs, onStdoutLine: (line) => listener.line(line), ...optional({ signal }) },
  );
  if (listener.refusal) throw listener.refusal;
  if (listener.ended) return listener.results();
  const output = `${result.stdout.slice(-1000)}\n${result.stderr.slice(-1000)}`;
  throw fail("apply-broken", { host: plan.host, exitCode: result.exitCode, output });
}

/** Plan, apply, prove: one execution when nothing is to do, else three. */
export async function converge(catalogue: Catalogue, shell: Shell, options: ApplyOptions): Promise<RunReport> {
  const startedMs = options.clock.monotonicMs();
  const plan = await planCatalogue(catalogue, shell, optional({ signal: options.signal }));
  const report = await applyPlan(plan, shell, options);
  return { ...report, executions: report.executions + 1, durationMs: options.clock.monotonicMs() - startedMs };
}

const optional = ({ signal }: { signal: AbortSignal | undefined }) => (signal ? { signal } : {});
