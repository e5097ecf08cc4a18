import { nextMilestone } from "../boot/milestones.ts";
import type { Clock } from "../clock.ts";
import { type ErrorRecord, ProvisionError, toRecord } from "../errors.ts";
import type { Log } from "../log.ts";
import { createStepContext } from "./context.ts";
import { fail } from "./errors.ts";
import type { Inbox } from "./inbox.ts";
import type { Journal } from "./journal.ts";
import type { OperationStart, StepContext, StepDefinition } from "./step.ts";

export interface Run {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly inbox: Inbox;
  readonly start: OperationStart;
  readonly steps: readonly StepDefinition[];
  /** Taken over from a controller that died. */
  readonly resumed: boolean;
  /** The error that it had already recorded for a step. */
  readonly earlier: ErrorRecord | undefined;
  /** Aborted on cancel, on close and when the lease is lost; its reason is the error to report. */
  readonly signal: AbortSignal;
  phase(): string;
  operationsBefore: StepContext["operationsBefore"];
  /** Why the operation is no longer ours: cancelled elsewhere, or taken over. */
  whyLost(): Promise<ProvisionError>;
}

export interface OperationOutcome {
  /** `interrupted`: this process no longer runs it; it may go on elsewhere or after a restart. */
  readonly state: "done" | "failed" | "cancelled" | "interrupted";
  readonly error?: ErrorRecord;
}

/** Runs what is left of the operation, one step after the other, to its recorded end. Never rejects. */
export async function runOperation(run: Run): Promise<OperationOutcome> {
  const { journal, log } = run;
  try {
    const error = await runSteps(run);
    if (error) await undoSteps(run);
    await journal.finish(error);
    return error ? { state: "failed", error } : { state: "done" };
  } catch (thrown) {
    const error = toRecord(run.signal.aborted ? run.signal.reason : isLost(thrown) ? await run.whyLost() : thrown);
    if (error.code === "operation-cancelled") {
      await undoSteps(run);
      return { state: "cancelled", error };
    }
    log.warn("an operation stopped here without an end", {
      node: run.start.node,
      code: error.code,
      message: error.message,
    });
    return { state: "interrupted", error };
  }
}

/** The error of the step that failed, if one did. Throws when the operation may not go on here. */
async function runSteps(run: Run): Promise<ErrorRecord | undefined> {
  for (const [position, step] of run.steps.entries()) {
    const state = run.journal.stateOf(position);
    if (state === "done" || state === "skipped") continue;
    if (state === "failed") return run.earlier ?? toRecord(restarted(run, step));
    const resumed = state !== "pending";
    const error = resumed && !step.idempotent ? restarted(run, step) : await runStep(run, { position, step, resumed });
    if (!error) continue;
    const record = toRecord(withProgress(run, error, position));
    await run.journal.step(position, "fail", { error: record });
    return record;
  }
  return undefined;
}

const restarted = ({ start }: Run, { label }: StepDefinition) =>
  fail("controller-restarted", { node: start.node, step: label });

interface Turn {
  readonly position: number;
  readonly step: StepDefinition;
  readonly resumed: boolean;
}

/** Runs one step with its retries; gives back the error that ended it. */
async function runStep(run: Run, { position, step, resumed }: Turn): Promise<unknown> {
  const { journal, clock, signal } = run;
  if (resumed) await journal.step(position, "retry", { note: "the controller was restarted" });
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    await journal.step(position, "start");
    if (step.waitsOn) await journal.step(position, "wait", { waitingOn: step.waitsOn });
    try {
      const result = await attemptStep(run, { position, step, attempt, resumed });
      if (result) await journal.step(position, "skip", { note: result.skipped });
      else await journal.step(position, "finish");
      return undefined;
    } catch (error) {
      if (signal.aborted || isLost(error)) throw error;
      if (!mayRetry(step, attempt, error)) return error;
      const waitMs = (step.retries?.backoffMs ?? 0) * 2 ** (attempt - 1);
      const nextRetryAt = new Date(clock.now().getTime() + waitMs);
      await journal.step(position, "retry", { note: toRecord(error).message, nextRetryAt });
      await clock.sleep(waitMs, signal);
    }
  }
}

const isLost = (error: unknown) => error instanceof ProvisionError && error.code === "operation-lost";

const mayRetry = ({ retries }: StepDefinition, attempt: number, error: unknown) =>
  attempt <= (retries?.times ?? 0) && error instanceof ProvisionError && error.retry;

interface Attempt {
  readonly position: number;
  readonly step: StepDefinition;
  readonly attempt: number;
  readonly resumed: boolean;
}

/** Holds the step to its deadline, even one that doesn't listen to its signal. */
async function attemptStep(run: Run, attempted: Attempt) {
  const { step } = attempted;
  const { node } = run.start;
  const [own, stopped] = [new AbortController(), Promise.withResolvers<never>()];
  const stop = (reason: unknown) => {
    own.abort(reason);
    stopped.reject(reason);
  };
  const onAbort = () => stop(run.signal.reason);
  const late = () => stop(fail("step-timeout", { node, step: step.label, deadlineMs: step.deadlineMs }));
  const callOff = run.clock.after(step.deadlineMs, late);
  run.signal.addEventListener("abort", onAbort, { once: true });
  stopped.promise.catch(() => {});
  try {
    return await Promise.race([step.run(contextOf(run, { ...attempted, signal: own.signal })), stopped.promise]);
  } finally {
    callOff();
    run.signal.removeEventListener("abort", onAbort);
    own.abort(new Error("the step is over"));
  }
}

function contextOf(run: Run, own: Attempt & { readonly signal: AbortSignal }): StepContext {
  const { clock, log, journal, inbox, start, phase, operationsBefore } = run;
  return createStepContext({ clock, log, journal, inbox, start, phase, operationsBefore, ...own });
}

/** What an operation had come to when its first step failed. */
const begun = "begun";

/** An error tells how far the operation had come: by the machine's milestones, else by our own steps. */
function withProgress({ inbox, steps }: Run, error: unknown, position: number): unknown {
  if (!(error instanceof ProvisionError)) return error;
  const { lastMilestone, nextExpected } = error.progress;
  const seen = inbox.lastMilestone();
  return error.withProgress({
    lastMilestone: lastMilestone ?? seen ?? steps[position - 1]?.name ?? begun,
    nextExpected: nextExpected ?? (seen && nextMilestone(seen)?.name) ?? steps[position]?.name,
  });
}

const usualUndoMs = 15_000;

/** Last step first; what can't be undone is logged, and doesn't hold up the rest. */
async function undoSteps(run: Run): Promise<void> {
  for (const [position, step] of [...run.steps.entries()].reverse()) {
    if (["pending", "skipped"].includes(run.journal.stateOf(position))) continue;
    if (step.undo) await undoStep(run, { position, step, undo: step.undo });
  }
}

interface Undoing extends Pick<Attempt, "position" | "step"> {
  readonly undo: NonNullable<StepDefinition["undo"]>;
}

async function undoStep(run: Run, { position, step, undo }: Undoing): Promise<void> {
  const [own, limit] = [new AbortController(), Promise.withResolvers<never>()];
  const callOff = run.clock.after(step.undoMs ?? usualUndoMs, () => limit.reject(new Error("it took too long")));
  limit.promise.catch(() => {});
  try {
    const ctx = contextOf(run, { position, step, attempt: 1, resumed: run.resumed, signal: own.signal });
    await Promise.race([undo.call(step, ctx), limit.promise]);
  } catch (error) {
    const { message } = toRecord(error);
    run.log.warn("a step could not be undone", { node: run.start.node, step: step.name, message });
    run.journal.tell({ kind: "line", step: step.name, text: `could not be undone: ${message}` });
  } finally {
    callOff();
    own.abort(new Error("the undo is over"));
  }
}
