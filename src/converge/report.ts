import { type ErrorRecord, ProvisionError } from "../errors.ts";
import { fail } from "./errors.ts";
import type { PlannedItem } from "./plan.ts";

/** What came of one planned resource. */
export interface ItemResult {
  readonly reference: string;
  readonly role: string;
  readonly outcome: "done" | "failed" | "skipped";
  readonly durationMs: number;
  readonly error?: ErrorRecord;
  /** For what was skipped: the resource that failed before it. */
  readonly because?: string;
}

export interface RunReport {
  readonly node: string;
  readonly host: string;
  /** `left`: every step was done and the host still differs. */
  readonly outcome: "unchanged" | "changed" | "failed" | "left";
  readonly results: readonly ItemResult[];
  readonly unchanged: number;
  /** What the last read still found to do. */
  readonly remaining: readonly PlannedItem[];
  /** How often the host was asked to run something. */
  readonly executions: number;
  readonly durationMs: number;
}

/** Throws the first failure of a report, or `still-differs`; quiet when the host is as it should be. */
export function assertConverged(report: RunReport): void {
  const failed = report.results.find(({ error }) => error !== undefined)?.error;
  if (failed) throw new ProvisionError(failed);
  if (report.outcome !== "left") return;
  throw fail("still-differs", { host: report.host, left: report.remaining.map(({ item }) => item.reference) });
}
