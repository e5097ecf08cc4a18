import type { Kysely, Selectable } from "kysely";
import type { ErrorRecord } from "../errors.ts";
import type { OperationEvent } from "./events.ts";
import type { OperationKind, OperationState, Phase, StepState, WaitsOn } from "./phases.ts";
import type { HoldQuestion, Parameters } from "./step.ts";
import type { LifecycleTables } from "./tables.ts";

export interface Condition {
  readonly state: "ok" | "degraded" | "failed";
  readonly code?: string;
  readonly hint?: string;
  readonly since: string;
}

export interface NodeRecord {
  readonly name: string;
  readonly phase: Phase;
  readonly generation: number;
  readonly paused: boolean;
  readonly condition: Condition;
  readonly power: "on" | "off" | undefined;
  readonly bmc: "ok" | "unreachable" | "auth" | undefined;
}

export interface StepRecord {
  readonly name: string;
  readonly label: string;
  readonly state: StepState;
  readonly waitingOn: WaitsOn | undefined;
  readonly attempt: number;
  readonly nextRetryAt: Date | undefined;
  readonly durationMs: number | undefined;
  readonly expectedMs: number | undefined;
  readonly note: string | undefined;
  /** What it is held for. */
  readonly question: HoldQuestion | undefined;
  readonly error: ErrorRecord | undefined;
}

export interface OperationRecord {
  readonly id: number;
  readonly node: string;
  readonly kind: OperationKind;
  readonly generation: number;
  readonly state: OperationState;
  readonly by: string;
  /** What was asked for with it. */
  readonly parameters: Parameters;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
  readonly deadlineAt: Date;
  /** Monotonic, as of the last record. */
  readonly elapsedMs: number;
  readonly lastMilestone: string | undefined;
  readonly error: ErrorRecord | undefined;
  /** The controller's process that runs it. */
  readonly owner: string;
  readonly steps: readonly StepRecord[];
}

export type Db = Kysely<LifecycleTables>;
export type OperationRow = Selectable<LifecycleTables["operations"]>;

const parsed = <T>(text: string | null): T | undefined => (text === null ? undefined : (JSON.parse(text) as T));
const instant = (at: number | null) => (at === null ? undefined : new Date(at));

export const toNode = (row: Selectable<LifecycleTables["nodes"]>): NodeRecord => ({
  name: row.name,
  phase: row.phase as Phase,
  generation: row.generation,
  paused: row.paused !== 0,
  condition: JSON.parse(row.condition) as Condition,
  power: (row.power ?? undefined) as NodeRecord["power"],
  bmc: (row.bmc ?? undefined) as NodeRecord["bmc"],
});

const toStep = (row: Selectable<LifecycleTables["steps"]>): StepRecord => ({
  name: row.name,
  label: row.label,
  state: row.state as StepState,
  waitingOn: (row.waiting_on ?? undefined) as WaitsOn | undefined,
  attempt: row.attempt,
  nextRetryAt: instant(row.next_retry_at),
  durationMs: row.duration_ms ?? undefined,
  expectedMs: row.expected_ms ?? undefined,
  note: row.note ?? undefined,
  question: parsed<HoldQuestion>(row.question),
  error: parsed<ErrorRecord>(row.error),
});

/** The operation with its steps, in their order. */
export async function loadOperation(db: Db, row: OperationRow): Promise<OperationRecord> {
  const steps = await db
    .selectFrom("steps")
    .selectAll()
    .where("operation_id", "=", row.id)
    .orderBy("position")
    .execute();
  return {
    id: row.id,
    node: row.node,
    kind: row.kind as OperationKind,
    generation: row.generation,
    state: row.state as OperationState,
    by: row.by,
    parameters: JSON.parse(row.parameters) as Parameters,
    startedAt: new Date(row.started_at),
    finishedAt: instant(row.finished_at),
    deadlineAt: new Date(row.deadline_at),
    elapsedMs: row.elapsed_ms,
    lastMilestone: row.last_milestone ?? undefined,
    error: parsed<ErrorRecord>(row.error),
    owner: row.owner,
    steps: steps.map(toStep),
  };
}

export const findNode = async (db: Db, name: string): Promise<NodeRecord | undefined> => {
  const row = await db
    .selectFrom("nodes")
    .selectAll()
    .where("name", "=", name)
    .where("forgotten", "=", 0)
    .executeTakeFirst();
  return row && toNode(row);
};

/** The one that runs, or the last one. */
export async function latestOperation(db: Db, node: string): Promise<OperationRecord | undefined> {
  const row = await db
    .selectFrom("operations")
    .selectAll()
    .where("node", "=", node)
    .orderBy("id", "desc")
    .executeTakeFirst();
  return row && loadOperation(db, row);
}

/** What was done on the node before this operation, newest first. */
export async function operationsBefore(
  db: Db,
  { node, id }: Pick<OperationRow, "node" | "id">,
): Promise<readonly OperationRecord[]> {
  const earlier = db.selectFrom("operations").selectAll().where("node", "=", node).where("id", "<", id);
  const rows = await earlier.orderBy("id", "desc").limit(mostEarlier).execute();
  return Promise.all(rows.map((row) => loadOperation(db, row)));
}

const mostEarlier = 20;

/** Writes the event beside what it tells of, in the same transaction. */
export async function recordEvent(db: Db, event: OperationEvent): Promise<void> {
  const { node, operationId, at } = event;
  const row = { node, operation_id: operationId ?? null, at: at.getTime(), body: JSON.stringify(event) };
  await db.insertInto("events").values(row).execute();
}

/** A node's events, oldest first; the newest `limit` of them. */
export async function loadEvents(db: Db, node: string, limit: number): Promise<readonly OperationEvent[]> {
  const rows = await db
    .selectFrom("events")
    .selectAll()
    .where("node", "=", node)
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.reverse().map((row) => ({ ...(JSON.parse(row.body) as OperationEvent), at: new Date(row.at) }));
}
