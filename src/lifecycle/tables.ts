import type { Generated, Kysely } from "kysely";
import type { Migration } from "../store/database.ts";

/** Lifecycle's records. Wall times are milliseconds since 1970; objects are JSON. */
export interface LifecycleTables {
  nodes: {
    name: string;
    phase: string;
    /** Counts the installs; it outlives being forgotten, so that no generation is ever used twice. */
    generation: number;
    paused: number;
    condition: string;
    power: string | null;
    bmc: string | null;
    forgotten: number;
  };
  operations: {
    id: Generated<number>;
    node: string;
    kind: string;
    generation: number;
    state: string;
    by: string;
    parameters: string;
    memory: string;
    started_at: number;
    finished_at: number | null;
    deadline_at: number;
    elapsed_ms: number;
    last_milestone: string | null;
    error: string | null;
    owner: string;
    fence: number;
    lease_until: number;
  };
  steps: {
    operation_id: number;
    position: number;
    name: string;
    label: string;
    state: string;
    waiting_on: string | null;
    attempt: number;
    next_retry_at: number | null;
    started_at: number | null;
    finished_at: number | null;
    duration_ms: number | null;
    expected_ms: number | null;
    note: string | null;
    error: string | null;
    /** What it is held for, and what somebody answered. */
    question: string | null;
    answer: string | null;
  };
  events: { id: Generated<number>; node: string; operation_id: number | null; at: number; body: string };
  host_keys: { node: string; generation: number; key: string; pinned_at: number };
}

/** Handed to `openDatabase` by the composition root. */
export const lifecycleMigrations: readonly Migration[] = [
  { name: "lifecycle-0001-nodes", up: createNodes },
  { name: "lifecycle-0002-operations", up: createOperations },
  { name: "lifecycle-0003-steps", up: createSteps },
  { name: "lifecycle-0004-events", up: createEvents },
  { name: "lifecycle-0005-questions", up: addQuestions },
];

async function createNodes(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("nodes")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("phase", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("paused", "integer", (column) => column.notNull())
    .addColumn("condition", "text", (column) => column.notNull())
    .addColumn("power", "text")
    .addColumn("bmc", "text")
    .addColumn("forgotten", "integer", (column) => column.notNull())
    .execute();
}

async function createOperations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("operations")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("node", "text", (column) => column.notNull().references("nodes.name"))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("by", "text", (column) => column.notNull())
    .addColumn("parameters", "text", (column) => column.notNull())
    .addColumn("memory", "text", (column) => column.notNull())
    .addColumn("started_at", "integer", (column) => column.notNull())
    .addColumn("finished_at", "integer")
    .addColumn("deadline_at", "integer", (column) => column.notNull())
    .addColumn("elapsed_ms", "integer", (column) => column.notNull())
    .addColumn("last_milestone", "text")
    .addColumn("error", "text")
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("fence", "integer", (column) => column.notNull())
    .addColumn("lease_until", "integer", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("operations_one_per_node")
    .unique()
    .on("operations")
    .column("node")
    .where("state" as never, "=", "running")
    .execute();
}

async function createSteps(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("steps")
    .addColumn("operation_id", "integer", (column) => column.notNull().references("operations.id").onDelete("cascade"))
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("waiting_on", "text")
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("next_retry_at", "integer")
    .addColumn("started_at", "integer")
    .addColumn("finished_at", "integer")
    .addColumn("duration_ms", "integer")
    .addColumn("expected_ms", "integer")
    .addColumn("note", "text")
    .addColumn("error", "text")
    .addPrimaryKeyConstraint("steps_key", ["operation_id", "position"])
    .execute();
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("events")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("operation_id", "integer")
    .addColumn("at", "integer", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("events_by_node").on("events").columns(["node", "id"]).execute();
  await db.schema
    .createTable("host_keys")
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("pinned_at", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("host_keys_key", ["node", "generation", "key"])
    .execute();
}

async function addQuestions(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("steps").addColumn("question", "text").execute();
  await db.schema.alterTable("steps").addColumn("answer", "text").execute();
}
