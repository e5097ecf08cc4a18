import type { Clock } from "../clock.ts";
import { type NodeOutcome, newRollout, type RolloutEvent, step } from "../converge/rollout.ts";
import { fail } from "../converge/rollout-errors.ts";
import type { Track } from "../converge/rollout-policy.ts";
import { type ErrorRecord, toRecord } from "../errors.ts";
import type { OperationEvent } from "../lifecycle/events.ts";
import type { Controller, ConvergeRequest, ProvisionResult } from "./controller.ts";

/** How it went with one node. */
export interface NodeReport {
  readonly node: string;
  /** `withheld`: it wasn't begun, since others failed before. */
  readonly outcome: "changed" | "unchanged" | "unverified" | "failed" | "withheld";
  /** Resources that were brought right. */
  readonly changes: number;
  readonly durationMs: number;
  readonly result?: ProvisionResult;
  readonly error?: ErrorRecord;
}

export type FleetEvent =
  | { readonly kind: "begun"; readonly node: string }
  | { readonly kind: "settled"; readonly report: NodeReport }
  /** What happens on one of them. */
  | { readonly kind: "operation"; readonly event: OperationEvent };

export interface RolloutRun {
  readonly controller: Pick<Controller, "converge">;
  readonly tracks: readonly Track[];
  /** Of every node. */
  readonly request: Omit<ConvergeRequest, "node">;
  /** Nodes at once. */
  readonly bound: number;
  readonly clock: Clock;
  /** Aborted: nobody more is begun, and what runs is cancelled. */
  readonly signal: AbortSignal;
  onEvent(event: FleetEvent): void;
}

/** Converges many nodes, in the waves of their roles. What fails on a node is its report; nothing is thrown. */
export function runRollout(run: RolloutRun): Promise<readonly NodeReport[]> {
  const { promise, resolve } = Promise.withResolvers<readonly NodeReport[]>();
  const reports = new Map<string, NodeReport>();
  let state = newRollout(run.tracks, run.bound);
  const settle = (report: NodeReport) => {
    reports.set(report.node, report);
    run.onEvent({ kind: "settled", report });
  };
  const begin = async (node: string) => {
    run.onEvent({ kind: "begun", node });
    const report = await convergeOne(run, node);
    settle(report);
    tell({ kind: "settled", node, outcome: outcomeOf(report) });
  };
  const tell = (event: RolloutEvent) => {
    const [next, effects] = step(state, event);
    state = next;
    for (const effect of effects) {
      if (effect.kind === "begin") void begin(effect.node);
      else if (effect.kind === "withhold") for (const node of effect.nodes) settle(withheld(node, effect.because));
      else resolve([...state.nodes.keys()].flatMap((node) => reports.get(node) ?? []));
    }
  };
  const interrupt = () => tell({ kind: "interrupted" });
  run.signal.addEventListener("abort", interrupt, { once: true });
  if (run.signal.aborted) interrupt();
  tell({ kind: "start" });
  return promise.finally(() => run.signal.removeEventListener("abort", interrupt));
}

function withheld(node: string, because: string): NodeReport {
  const error = fail("rollout-stopped", { node, because }).toJSON();
  return { node, outcome: "withheld", changes: 0, durationMs: 0, error };
}

function outcomeOf({ outcome }: NodeReport): NodeOutcome {
  return outcome === "unverified" || outcome === "failed" ? outcome : "done";
}

async function convergeOne(run: RolloutRun, node: string): Promise<NodeReport> {
  const { controller, request, clock, signal } = run;
  const startedMs = clock.monotonicMs();
  let changes = 0;
  const watch = (event: OperationEvent) => {
    if (event.kind === "progress" && event.step === "apply" && event.unit === "resources") changes = event.done;
    run.onEvent({ kind: "operation", event });
  };
  const about = () => ({ node, changes, durationMs: clock.monotonicMs() - startedMs });
  try {
    const result = await controller.converge({ ...request, node }, watch, signal);
    return { ...about(), outcome: result.changed ? "changed" : "unchanged", result };
  } catch (thrown) {
    const error = toRecord(thrown);
    return { ...about(), outcome: error.code === "verify-failed" ? "unverified" : "failed", error };
  }
}
