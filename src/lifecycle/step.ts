import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { WaitsOn } from "./phases.ts";
import type { OperationRecord } from "./records.ts";

/** Plain data, as JSON keeps it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Parameters = { readonly [key: string]: Json };

export interface OperationStart {
  readonly node: string;
  readonly operationId: number;
  readonly generation: number;
  readonly by: string;
  readonly parameters: Parameters;
}

/** Called at the start and again after a restart of the controller, so it remembers nothing itself; `ctx.memory` does. */
export type OperationDefinition = (start: OperationStart) => readonly StepDefinition[];

export interface StepDefinition {
  readonly name: string;
  readonly label: string;
  /** May it be run again after a controller died in the middle of it? If not, the operation fails then. */
  readonly idempotent: boolean;
  /** On whom it mostly waits; it is shown as waiting. */
  readonly waitsOn?: WaitsOn;
  readonly deadlineMs: number;
  /** For the progress display. */
  readonly expectedMs?: number;
  /** For errors that say that a retry can help. */
  readonly retries?: { readonly times: number; readonly backoffMs: number };
  run(ctx: StepContext): Promise<{ readonly skipped: string } | undefined>;
  /** Takes back what must not stay half-done when the operation fails or is cancelled; best effort, last step first. */
  undo?(ctx: StepContext): Promise<void>;
  /** 15 000: how long that may take. */
  readonly undoMs?: number;
}

/** When silence is a failure, and how to tell of it. */
export interface StallRule {
  /** How long it may be silent after this milestone (none: since the step began), in ms. */
  afterMs(lastMilestone: string | undefined): number;
  describe(lastMilestone: string | undefined, waitedMs: number): Error;
}

export interface WaitOptions {
  /** Asked at least this often, and at once whenever the machine says something. */
  readonly pollMs?: number;
  readonly stall?: StallRule;
}

/** What somebody has to do with their hands, or to decide. */
export interface HoldQuestion {
  /** For programs: `pull`, `new-disk`; people have the text. */
  readonly kind: string;
  /** What to do, in words for somebody at a rack with a phone. */
  readonly text: string;
  /** What an answer looks like: "the last four characters of the pulled disk's serial". */
  readonly expects: string;
  /** What they need beside it: slot, serial, model. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** Why the last answer wasn't taken. */
  readonly complaint?: string;
}

export interface HoldAnswer {
  readonly answer: string;
  /** Who gave it. */
  readonly by: string;
}

/** As it is on record: with the text of the question that it answers. */
export interface GivenAnswer extends HoldAnswer {
  readonly to: string;
}

/** How a hold ended: somebody answered, or what was looked for was seen. */
export type HoldEnd<T> = HoldAnswer | { readonly seen: T };

export interface Watch<T> {
  look(): Promise<T | undefined>;
  /** 2000 */
  readonly pollMs?: number;
}

export interface StepContext extends OperationStart {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted at the deadline, on cancel, and when the operation is lost to another controller. */
  readonly signal: AbortSignal;
  readonly attempt: number;
  /** Was this step begun by a controller that died? */
  readonly resumed: boolean;
  /** Small, and durable when `set` resolves; survives the controller. `set` throws if the operation is no longer ours. */
  readonly memory: { get(key: string): Json | undefined; set(key: string, value: Json): Promise<void> };
  phase(): string;
  /** What was done on this node before, newest first. */
  operationsBefore(): Promise<readonly OperationRecord[]>;
  lastMilestone(): string | undefined;
  /** Has the machine asked for network boot again after the given milestone? */
  restartedSince(milestone: string): boolean;
  /** Those of a boot (boot/milestones.ts) only go forward; others are kept each time. */
  milestone(name: string, text?: string): Promise<void>;
  line(text: string): void;
  /** A sentence for the node's history: who waived what, which disk was found. */
  note(text: string): Promise<void>;
  progress(done: number, total: number, unit?: "resources" | "percent"): void;
  /** Waits until `check` gives something. */
  waitFor<T>(check: () => Promise<T | undefined> | T | undefined, options?: WaitOptions): Promise<T>;
  /** Waits for somebody's hands: the step is `held`, over restarts too. Meanwhile `watch` may see for itself that it is done. */
  hold<T = never>(question: HoldQuestion, watch?: Watch<T>): Promise<HoldEnd<T>>;
  pinHostKeys(keys: readonly string[]): Promise<void>;
  observed(seen: { power?: "on" | "off"; bmc?: "ok" | "unreachable" | "auth" }): Promise<void>;
}
