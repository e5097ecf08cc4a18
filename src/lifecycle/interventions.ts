import type { Clock } from "../clock.ts";
import { type ProvisionError, toRecord } from "../errors.ts";
import { enrolNode } from "./admission.ts";
import { fail } from "./errors.ts";
import type { OperationEvent, OperationEventBody } from "./events.ts";
import { type OperationKind, type Phase, stepStates, stepTarget } from "./phases.ts";
import { type Db, findNode, type OperationRow, recordEvent } from "./records.ts";
import type { GivenAnswer, HoldAnswer, HoldQuestion } from "./step.ts";

export interface Desk {
  readonly db: Db;
  readonly clock: Clock;
}

export interface Cancelled {
  readonly operationId: number;
  readonly error: ProvisionError;
  readonly events: readonly OperationEvent[];
}

const cancellableSteps = stepStates.filter((state) => stepTarget(state, "fail") !== undefined);

/** Ends the running operation in the records, from whichever process; its runner notices at its next write. */
export function cancelOperation({ db, clock }: Desk, node: string, by: string): Promise<Cancelled | undefined> {
  return db.transaction().execute(async (transaction) => {
    const error = fail("operation-cancelled", { node, by });
    const json = JSON.stringify(toRecord(error));
    const now = clock.now();
    const row = await transaction
      .updateTable("operations")
      .set({ state: "cancelled", finished_at: now.getTime(), error: json })
      .where("node", "=", node)
      .where("state", "=", "running")
      .returningAll()
      .executeTakeFirst();
    if (!row) return undefined;
    await transaction
      .updateTable("steps")
      .set({ state: "failed", finished_at: now.getTime(), error: json })
      .where("operation_id", "=", row.id)
      .where("state", "in", cancellableSteps)
      .execute();
    const event = await cancelEvent(transaction, { row, now, error });
    await recordEvent(transaction, event);
    return { operationId: row.id, error, events: [event] };
  });
}

async function cancelEvent(
  db: Db,
  { row, now, error }: { row: OperationRow; now: Date; error: ProvisionError },
): Promise<OperationEvent> {
  const { phase } = await db.selectFrom("nodes").select("phase").where("name", "=", row.node).executeTakeFirstOrThrow();
  const { kind, generation, by } = row;
  const told = {
    kind: "operation",
    operation: kind as OperationKind,
    generation,
    state: "cancelled",
    phase: phase as Phase,
    by,
  } as const;
  return { at: now, node: row.node, operationId: row.id, elapsedMs: row.elapsed_ms, ...told, error: toRecord(error) };
}

/** Writes down what somebody answered; whoever runs the operation hears it. @throws `nothing-held` */
export async function answerHold({ db }: Desk, node: string, answer: HoldAnswer): Promise<void> {
  const running = db.selectFrom("operations").select("id").where("node", "=", node).where("state", "=", "running");
  const held = await db
    .selectFrom("steps")
    .select(["operation_id", "position", "question"])
    .where("state", "=", "held")
    .where("operation_id", "in", running)
    .executeTakeFirst();
  if (!held?.question) throw fail("nothing-held", { node });
  const { text: to } = JSON.parse(held.question) as HoldQuestion;
  const given: GivenAnswer = { ...answer, to };
  await db
    .updateTable("steps")
    .set({ answer: JSON.stringify(given) })
    .where("operation_id", "=", held.operation_id)
    .where("position", "=", held.position)
    .execute();
}

/** Drops what is known of the node. Its count of generations stays, so that an old permission can't fit a new install. */
export async function forgetNode({ db, clock }: Desk, node: string, force: boolean): Promise<void> {
  const record = await findNode(db, node);
  if (!record) return;
  if (!force && (record.phase === "ready" || record.phase === "active")) {
    throw fail("node-in-use", { node, phase: record.phase });
  }
  await db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("operations").where("node", "=", node).execute();
    await transaction.deleteFrom("events").where("node", "=", node).execute();
    await transaction.deleteFrom("host_keys").where("node", "=", node).execute();
    const condition = JSON.stringify({ state: "ok", since: clock.now().toISOString() });
    const blank = { phase: "unknown", paused: 0, condition, power: null, bmc: null, forgotten: 1 };
    await transaction.updateTable("nodes").set(blank).where("name", "=", node).execute();
  });
}

/** A paused node starts nothing and isn't handed an installer; what runs goes on until it needs one. */
export async function pauseNode(
  { db, clock }: Desk,
  node: string,
  pause: { paused: boolean; by: string },
): Promise<OperationEvent> {
  const text = pause.paused ? "paused" : "resumed";
  const body: OperationEventBody = { kind: "note", by: pause.by, text };
  const event = { at: clock.now(), node, elapsedMs: 0, ...body };
  await db.transaction().execute(async (transaction) => {
    await enrolNode(transaction, { node, clock });
    await transaction
      .updateTable("nodes")
      .set({ paused: pause.paused ? 1 : 0 })
      .where("name", "=", node)
      .execute();
    await recordEvent(transaction, event);
  });
  return event;
}
