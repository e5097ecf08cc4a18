import { milestoneNamed } from "../boot/milestones.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { hold } from "./hold.ts";
import { type Inbox, nextSign } from "./inbox.ts";
import type { Journal } from "./journal.ts";
import type { OperationStart, StepContext, StepDefinition, WaitOptions } from "./step.ts";

export interface ContextOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Journal;
  readonly inbox: Inbox;
  readonly start: OperationStart;
  readonly step: StepDefinition;
  readonly position: number;
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly resumed: boolean;
  phase(): string;
  operationsBefore: StepContext["operationsBefore"];
}

/** What a step may do. Once its signal is aborted it may do nothing more: a straggler can't write behind our back. */
export function createStepContext(options: ContextOptions): StepContext {
  const { clock, log, journal, inbox, start, step, signal, attempt, resumed } = options;
  const alive = () => signal.throwIfAborted();
  return {
    ...start,
    ...{ clock, log, signal, attempt, resumed, phase: options.phase, operationsBefore: options.operationsBefore },
    memory: {
      get: (key) => journal.remembered(key),
      set: async (key, value) => {
        alive();
        await journal.remember(key, value);
      },
    },
    lastMilestone: inbox.lastMilestone,
    restartedSince: inbox.restartedSince,
    milestone: async (name, text = "") => {
      alive();
      if (milestoneNamed(name) && !inbox.milestone(name)) return;
      await journal.milestone({
        kind: "milestone",
        step: step.name,
        name,
        label: milestoneNamed(name)?.label ?? name,
        text,
      });
    },
    line: (text) => journal.tell({ kind: "line", step: step.name, text }),
    note: async (text) => {
      alive();
      await journal.note({ kind: "note", by: start.by, text });
    },
    progress: (done, total, unit = "resources") =>
      journal.tell({ kind: "progress", step: step.name, done, total, unit }),
    waitFor: (check, waiting) => waitFor(options, check, waiting ?? {}),
    hold: (question, watch) => hold(options, question, watch),
    pinHostKeys: async (keys) => {
      alive();
      await journal.pinHostKeys(keys);
    },
    observed: async (seen) => {
      alive();
      await journal.observed(seen);
    },
  };
}

const usualPollMs = 2000;

async function waitFor<T>(
  { clock, inbox, signal }: ContextOptions,
  check: () => Promise<T | undefined> | T | undefined,
  { pollMs = usualPollMs, stall }: WaitOptions,
): Promise<T> {
  const beganMs = clock.monotonicMs();
  for (;;) {
    signal.throwIfAborted();
    const value = await check();
    if (value !== undefined) return value;
    const last = inbox.lastMilestone();
    const silentMs = clock.monotonicMs() - Math.max(beganMs, inbox.lastHeardMs());
    const patienceMs = stall ? stall.afterMs(last) - silentMs : Number.POSITIVE_INFINITY;
    if (stall && patienceMs <= 0) throw stall.describe(last, silentMs);
    await nextSign(clock, inbox, { ms: Math.min(pollMs, patienceMs), signal });
  }
}
