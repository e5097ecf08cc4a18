import type { ApplyEvent } from "./apply-events.ts";
import type { AssessedPlan } from "./assessment.ts";
import type { PlannedItem } from "./plan.ts";
import type { ItemResult } from "./report.ts";
import type { RunResult } from "./run-record.ts";
import { maskOf, storedChange } from "./stored-change.ts";

/** What is known of the work, by reference: whole results, or only what was heard before the line broke. */
export type Heard = ReadonlyMap<string, Known>;

type Known = Pick<RunResult, "outcome" | "durationMs"> & Pick<ItemResult, "error" | "because">;

/** A plan and what came of it, as it is stored. What nothing was heard of stays `planned`. */
export function runResults(plan: AssessedPlan, heard: Heard): RunResult[] {
  const mask = maskOf(plan.catalogue.items.map(({ desired }) => desired));
  return plan.planned.map(({ item, changes, certainty, because }) => {
    const { outcome = "planned", durationMs = 0, error, because: failed } = heard.get(item.reference) ?? {};
    return {
      reference: item.reference,
      role: item.role,
      declared: item.declared,
      outcome,
      certainty,
      cause: plan.causes.get(item.id) ?? "unknown",
      because: failed === undefined ? because : [failed],
      changes: changes.map((change) => storedChange(change, mask)),
      durationMs,
      ...(error ? { error: { ...error, message: mask(error.message) } } : {}),
    };
  });
}

export const heardFrom = (results: readonly ItemResult[]): Map<string, ItemResult> =>
  new Map(results.map((result) => [result.reference, result]));

/** With what the proof still found to do marked. */
export function markLeft(results: readonly RunResult[], left: readonly PlannedItem[]): RunResult[] {
  const references = new Set(left.map(({ item }) => item.reference));
  return results.map((result) =>
    result.outcome === "done" && references.has(result.reference) ? { ...result, outcome: "left" } : result,
  );
}

/** Keeps what is heard step by step, for a run whose end is never heard. */
export function listenIn(onEvent: (event: ApplyEvent) => void): {
  readonly heard: Heard;
  readonly onEvent: (event: ApplyEvent) => void;
} {
  const heard = new Map<string, Known>();
  return {
    heard,
    onEvent: (event) => {
      if (event.kind === "step") {
        const outcome = event.state === "start" ? "unfinished" : event.state;
        heard.set(event.reference, { outcome, durationMs: event.durationMs });
      }
      onEvent(event);
    },
  };
}
