import type { Clock } from "../clock.ts";
import { fail } from "./errors.ts";
import type { OperationEvent } from "./events.ts";
import { type OperationKind, operationRow } from "./phases.ts";
import { type Db, type NodeRecord, type OperationRow, recordEvent, toNode } from "./records.ts";
import type { OperationDefinition, Parameters, StepDefinition } from "./step.ts";

export interface Application {
  readonly db: Db;
  readonly clock: Clock;
  readonly node: string;
  readonly kind: OperationKind;
  readonly by: string;
  readonly parameters: Parameters;
  readonly owner: string;
  readonly leaseMs: number;
  readonly define: OperationDefinition;
}

export interface Admitted {
  readonly row: OperationRow;
  readonly steps: readonly StepDefinition[];
  readonly event: OperationEvent;
}

/** Lets one operation at a time onto a node; all in one transaction, so that of two callers one hears `node-busy`. */
export function admit(application: Application): Promise<Admitted> {
  return application.db.transaction().execute(async (db) => {
    const node = await enrol(db, application);
    await refuseUnlessFree(db, application, node);
    const { kind } = application;
    const generation = node.generation + (operationRow(kind).renews ? 1 : 0);
    await db.updateTable("nodes").set({ generation }).where("name", "=", node.name).execute();
    const { row, steps } = await insert(db, application, generation);
    const phase = node.phase;
    const body = {
      kind: "operation",
      operation: kind,
      generation,
      state: "running",
      phase,
      by: application.by,
      steps: steps.map(({ name, label, expectedMs }) => ({ name, label, expectedMs })),
    } as const;
    const event = { at: application.clock.now(), node: node.name, operationId: row.id, elapsedMs: 0, ...body };
    await recordEvent(db, event);
    return { row, steps, event };
  });
}

/** A node that nobody has heard of starts as unknown; a forgotten one comes back with its old count of generations. */
async function enrol(db: Db, { node, clock }: Pick<Application, "node" | "clock">): Promise<NodeRecord> {
  const condition = JSON.stringify({ state: "ok", since: clock.now().toISOString() });
  const fresh = { phase: "unknown", paused: 0, condition, power: null, bmc: null, forgotten: 0 };
  await db
    .insertInto("nodes")
    .values({ name: node, generation: 0, ...fresh })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(fresh).where("nodes.forgotten", "=", 1))
    .execute();
  return toNode(await db.selectFrom("nodes").selectAll().where("name", "=", node).executeTakeFirstOrThrow());
}

async function refuseUnlessFree(db: Db, { node, kind }: Application, record: NodeRecord): Promise<void> {
  const running = await db
    .selectFrom("operations")
    .selectAll()
    .where("node", "=", node)
    .where("state", "=", "running")
    .executeTakeFirst();
  if (running) {
    const since = new Date(running.started_at).toISOString();
    throw fail("node-busy", { node, kind: running.kind, by: running.by, since });
  }
  if (record.paused) throw fail("node-paused", { node });
  const allowed = operationRow(kind).from;
  if (!allowed.includes(record.phase)) throw fail("wrong-phase", { node, kind, phase: record.phase, allowed });
}

async function insert(db: Db, application: Application, generation: number) {
  const { node, kind, by, parameters, clock, owner, leaseMs, define } = application;
  const now = clock.now().getTime();
  const json = { parameters: JSON.stringify(parameters), memory: "{}" };
  const times = { started_at: now, finished_at: null, deadline_at: now, elapsed_ms: 0, lease_until: now + leaseMs };
  const { id } = await db
    .insertInto("operations")
    .values({
      node,
      kind,
      generation,
      by,
      owner,
      state: "running",
      fence: 1,
      last_milestone: null,
      error: null,
      ...json,
      ...times,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const steps = define({ node, operationId: id, generation, by, parameters });
  for (const [position, step] of steps.entries())
    await db
      .insertInto("steps")
      .values(toRow(id, position, step))
      .execute();
  const deadline_at = now + steps.reduce((sum, step) => sum + step.deadlineMs, 0);
  const row = await db
    .updateTable("operations")
    .set({ deadline_at })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { row, steps };
}

function toRow(operation_id: number, position: number, { name, label, expectedMs }: StepDefinition) {
  const empty = { waiting_on: null, next_retry_at: null, started_at: null, finished_at: null, duration_ms: null };
  const rest = { note: null, error: null, expected_ms: expectedMs ?? null, question: null, answer: null };
  return { operation_id, position, name, label, state: "pending", attempt: 0, ...empty, ...rest };
}

/** A node that was only put on hold still needs its row. */
export const enrolNode = enrol;
