import type { Updateable } from "kysely";
import type { Clock } from "../clock.ts";
import type { ErrorRecord } from "../errors.ts";
import { fail } from "./errors.ts";
import type { OperationEvent, OperationEventBody, OperationListener } from "./events.ts";
import {
  type OperationKind,
  operationRow,
  type Phase,
  type StepEvent,
  type StepState,
  stepTarget,
  type WaitsOn,
} from "./phases.ts";
import { type Condition, type Db, type OperationRow, recordEvent } from "./records.ts";
import type { GivenAnswer, HoldQuestion, Json, StepDefinition } from "./step.ts";
import type { LifecycleTables } from "./tables.ts";

/** What goes with a step's change. */
export interface StepChange {
  readonly waitingOn?: WaitsOn;
  readonly note?: string;
  readonly nextRetryAt?: Date;
  readonly error?: ErrorRecord;
  readonly question?: HoldQuestion;
}

/**
 * The one writer of a running operation. Every write checks in its own transaction that the operation still runs and is
 * still ours (owner and fence), and renews the lease; else it throws `operation-lost` and has changed nothing.
 */
export interface Journal {
  readonly row: OperationRow;
  elapsedMs(): number;
  stateOf(position: number): StepState;
  /** The step that is under way. */
  currentStep(): string | undefined;
  step(position: number, event: StepEvent, change?: StepChange): Promise<void>;
  milestone(body: Extract<OperationEventBody, { kind: "milestone" }>): Promise<void>;
  note(body: Extract<OperationEventBody, { kind: "note" }>): Promise<void>;
  /** What somebody answered to the question that the step is held for. */
  answerTo(position: number): Promise<GivenAnswer | undefined>;
  /** It was heard, or it answers another question. */
  dropAnswer(position: number): Promise<void>;
  remembered(key: string): Json | undefined;
  remember(key: string, value: Json): Promise<void>;
  pinHostKeys(keys: readonly string[]): Promise<void>;
  observed(seen: { power?: "on" | "off"; bmc?: string }): Promise<void>;
  renew(): Promise<void>;
  finish(error: ErrorRecord | undefined): Promise<Phase>;
  /** Tells the listeners without keeping it. */
  tell(body: OperationEventBody): void;
}

export interface JournalOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly row: OperationRow;
  readonly steps: readonly StepDefinition[];
  readonly states: readonly StepState[];
  readonly publish: OperationListener;
}

interface Pen extends JournalOptions {
  readonly startedMs: number;
  readonly current: { readonly state: StepState; readonly attempt: number; readonly sinceMs: number }[];
  readonly memory: Record<string, Json>;
}

export function createJournal(options: JournalOptions): Journal {
  const pen: Pen = {
    ...options,
    startedMs: options.clock.monotonicMs(),
    current: options.states.map((state) => ({ state, attempt: 0, sinceMs: options.clock.monotonicMs() })),
    memory: JSON.parse(options.row.memory) as Record<string, Json>,
  };
  const { row } = options;
  return {
    row,
    elapsedMs: () => elapsedMs(pen),
    stateOf: (position) => (pen.current[position] as Pen["current"][number]).state,
    currentStep: () => pen.steps[pen.current.findIndex(({ state }) => openStates.includes(state))]?.name,
    step: (position, event, change) => step(pen, { position, event, change: change ?? {} }),
    milestone: async (body) => {
      const last = body.name;
      await commit(pen, { bodies: [body], change: { last_milestone: last } });
    },
    note: (body) => commit(pen, { bodies: [body] }),
    answerTo: (position) => answerTo(pen, position),
    dropAnswer: (position) => dropAnswer(pen, position),
    remembered: (key) => pen.memory[key],
    remember: async (key, value) => {
      const memory = { ...pen.memory, [key]: value };
      await commit(pen, { change: { memory: JSON.stringify(memory) } });
      pen.memory[key] = value;
    },
    pinHostKeys: (keys) => commit(pen, { also: (db) => pin(db, pen, keys) }),
    observed: (seen) =>
      commit(pen, { also: (db) => discard(db.updateTable("nodes").set(seen).where("name", "=", row.node).execute()) }),
    renew: () => commit(pen, {}),
    finish: (error) => finish(pen, error),
    tell: (body) => pen.publish(eventOf(pen, body)),
  };
}

const openStates: readonly StepState[] = ["running", "waiting", "held"];

const discard = async (work: Promise<unknown>): Promise<void> => {
  await work;
};

const elapsedMs = ({ row, clock, startedMs }: Pen) => Math.round(row.elapsed_ms + clock.monotonicMs() - startedMs);

const eventOf = (pen: Pen, body: OperationEventBody): OperationEvent => ({
  ...{ at: pen.clock.now(), node: pen.row.node, operationId: pen.row.id, elapsedMs: elapsedMs(pen) },
  ...body,
});

interface Commit {
  /** Events to keep and, once they are durable, to tell. */
  readonly bodies?: readonly OperationEventBody[];
  readonly change?: Updateable<LifecycleTables["operations"]>;
  also?(db: Db): Promise<void>;
}

async function commit(pen: Pen, { bodies = [], change = {}, also }: Commit): Promise<void> {
  const { db, clock, leaseMs, row } = pen;
  const events = bodies.map((body) => eventOf(pen, body));
  await db.transaction().execute(async (transaction) => {
    const held = await transaction
      .updateTable("operations")
      .set({ lease_until: clock.now().getTime() + leaseMs, elapsed_ms: elapsedMs(pen), ...change })
      .where("id", "=", row.id)
      .where("owner", "=", row.owner)
      .where("fence", "=", row.fence)
      .where("state", "=", "running")
      .executeTakeFirst();
    if (held.numUpdatedRows === 0n) throw fail("operation-lost", { node: row.node });
    await also?.(transaction);
    for (const event of events) await recordEvent(transaction, event);
  });
  for (const event of events) pen.publish(event);
}

interface StepMove {
  readonly position: number;
  readonly event: StepEvent;
  readonly change: StepChange;
}

async function step(pen: Pen, { position, event, change }: StepMove): Promise<void> {
  const [before, definition] = [pen.current[position], pen.steps[position]];
  if (!before || !definition) throw new RangeError(`there is no step ${position}`);
  const state = stepTarget(before.state, event);
  if (!state) throw new Error(`a step that is ${before.state} can't ${event}`);
  const nowMs = pen.clock.monotonicMs();
  const began = event === "start";
  const attempt = began ? before.attempt + 1 : before.attempt;
  const after = { state, attempt, sinceMs: began ? nowMs : before.sinceMs };
  const durationMs = began ? undefined : Math.round(nowMs - before.sinceMs);
  const { name, label, expectedMs } = definition;
  const { waitingOn, note, error, question } = change;
  const body = {
    kind: "step",
    step: name,
    label,
    state,
    waitingOn,
    attempt,
    expectedMs,
    durationMs,
    note,
    question,
    error,
  } as const;
  const row = toStepRow(pen, after, { ...change, durationMs });
  await commit(pen, {
    bodies: [body],
    also: (db) =>
      discard(
        db
          .updateTable("steps")
          .set(row)
          .where("operation_id", "=", pen.row.id)
          .where("position", "=", position)
          .execute(),
      ),
  });
  pen.current[position] = after;
}

function toStepRow(
  pen: Pen,
  { state, attempt }: { state: StepState; attempt: number },
  change: StepChange & { durationMs: number | undefined },
): Updateable<LifecycleTables["steps"]> {
  const now = pen.clock.now().getTime();
  const over = stepTarget(state, "fail") === undefined && state !== "pending";
  return {
    ...{ state, attempt, waiting_on: change.waitingOn ?? null, note: change.note ?? null },
    ...(change.durationMs === undefined ? { started_at: now } : { duration_ms: change.durationMs }),
    next_retry_at: change.nextRetryAt?.getTime() ?? null,
    finished_at: over ? now : null,
    error: change.error ? JSON.stringify(change.error) : null,
    question: change.question ? JSON.stringify(change.question) : null,
  };
}

async function answerTo({ db, row }: Pen, position: number): Promise<GivenAnswer | undefined> {
  const own = db.selectFrom("steps").select("answer").where("operation_id", "=", row.id);
  const found = await own.where("position", "=", position).executeTakeFirst();
  return found?.answer ? (JSON.parse(found.answer) as GivenAnswer) : undefined;
}

const dropAnswer = (pen: Pen, position: number) =>
  commit(pen, {
    also: (db) =>
      discard(
        db
          .updateTable("steps")
          .set({ answer: null })
          .where("operation_id", "=", pen.row.id)
          .where("position", "=", position)
          .execute(),
      ),
  });

async function pin(db: Db, { row, clock }: Pen, keys: readonly string[]): Promise<void> {
  await db.deleteFrom("host_keys").where("node", "=", row.node).where("generation", "=", row.generation).execute();
  for (const key of keys) {
    const pinned = { node: row.node, generation: row.generation, key, pinned_at: clock.now().getTime() };
    await db
      .insertInto("host_keys")
      .values(pinned)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Success moves the phase; failure never does. Both say how the node is now. */
async function finish(pen: Pen, error: ErrorRecord | undefined): Promise<Phase> {
  const { row, db, clock } = pen;
  const kind = row.kind as OperationKind;
  const node = await db.selectFrom("nodes").select("phase").where("name", "=", row.node).executeTakeFirstOrThrow();
  const phase = error ? (node.phase as Phase) : (operationRow(kind).to ?? (node.phase as Phase));
  const state = error ? "failed" : "done";
  const condition = conditionOf(clock, error);
  await commit(pen, {
    bodies: [{ kind: "operation", operation: kind, generation: row.generation, state, phase, by: row.by, error }],
    change: { state, finished_at: clock.now().getTime(), error: error ? JSON.stringify(error) : null },
    also: (transaction) =>
      discard(transaction.updateTable("nodes").set({ phase, condition }).where("name", "=", row.node).execute()),
  });
  return phase;
}

function conditionOf(clock: Clock, error: ErrorRecord | undefined): string {
  const since = clock.now().toISOString();
  const condition: Condition = error
    ? { state: "failed", code: error.code, hint: error.hint, since }
    : { state: "ok", since };
  return JSON.stringify(condition);
}
