import type { ErrorRecord, Place } from "../errors.ts";
import type { PlannedItem } from "./plan.ts";

export type RunKind = "converge" | "drift" | "rollback";

/**
 * `unfinished`: it runs, or its controller died. `differs`: a drift run found something. `left`: every step was done, and
 * the host still differs. `broken`: it ended early, whatever had been done by then.
 */
export type RunOutcome = "unfinished" | "unchanged" | "changed" | "differs" | "failed" | "left" | "broken";

/**
 * Why something had to change: `corrective`, somebody or something changed the host; `intentional`, the code or the
 * inventory changed; `initial`, nothing of ours was known on this installation yet; `unknown`, it can't be told.
 */
export type Cause = "corrective" | "intentional" | "initial" | "unknown";

/** One property, old → new. Long texts are diffs, and cut. */
export interface StoredChange {
  readonly property: string;
  readonly from?: string;
  readonly to: string;
  /** Lines of a unified diff. */
  readonly diff?: readonly string[];
}

/** What a run found and did about one resource that was not as it should be. */
export interface RunResult {
  readonly reference: string;
  readonly role: string;
  readonly declared: Place;
  /** `planned`: seen, and not acted on. `left`: done, and still different. `unfinished`: begun, its end was never heard. */
  readonly outcome: "planned" | "unfinished" | "done" | "failed" | "skipped" | "left";
  readonly certainty: PlannedItem["certainty"];
  readonly cause: Cause;
  /** Why it was predicted, or skipped: other resources. */
  readonly because: readonly string[];
  readonly changes: readonly StoredChange[];
  readonly durationMs: number;
  readonly error?: ErrorRecord;
}

/** A run without its resources. */
export interface RunSummary {
  /** `r000123`; in the order of time. */
  readonly id: string;
  readonly node: string;
  readonly kind: RunKind;
  readonly by: string;
  readonly startedAt: Date;
  readonly durationMs: number | undefined;
  readonly outcome: RunOutcome;
  readonly executions: number;
  readonly unchanged: number;
  readonly undoes: string | undefined;
  readonly error: ErrorRecord | undefined;
}

export interface RunRecord extends RunSummary {
  readonly results: readonly RunResult[];
  /** Made by earlier runs, and in the catalogue no more. */
  readonly orphans: readonly OrphanRecord[];
}

export interface OrphanRecord {
  readonly reference: string;
  readonly role: string;
  /** `by hand`: its type can't be removed by itself, or something else still needs it. */
  readonly removal: "purge" | "by hand";
  /** For what stays: why. */
  readonly reason?: string;
}

const digits = 6;

export const runName = (number: number) => `r${String(number).padStart(digits, "0")}`;

/** `r000123`, `r123` and `123` are the same run; undefined for what isn't one. */
export function runNumber(name: string): number | undefined {
  const [, number] = /^r?0*(\d{1,15})$/.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Under which the host keeps what a run replaces: no other database's run of that number has the same. */
export const keyOf = ({ id, startedAt }: Pick<RunSummary, "id" | "startedAt">) =>
  `${id}.${startedAt.getTime().toString(36)}`;
