import type { Generated, Kysely } from "kysely";
import type { Migration } from "../store/database.ts";

/** The engine's records. Wall times are milliseconds since 1970; objects and lists are JSON, with secrets masked. */
export interface ConvergeTables {
  converge_runs: {
    id: Generated<number>;
    node: string;
    kind: string;
    by: string;
    started_at: number;
    duration_ms: number | null;
    outcome: string;
    executions: number;
    unchanged: number;
    /** For a rollback: the run whose files it put back. */
    undoes: number | null;
    orphans: string;
    error: string | null;
  };
  converge_results: {
    run_id: number;
    position: number;
    reference: string;
    role: string;
    declared: string;
    outcome: string;
    certainty: string;
    cause: string;
    because: string;
    changes: string;
    duration_ms: number;
    error: string | null;
  };
  /** What of ours is on a node, as it was when it was last seen right. */
  converge_ledger: {
    node: string;
    /** Of the installation: what an earlier system had is of no interest. */
    generation: number;
    reference: string;
    position: number;
    type: string;
    title: string;
    role: string;
    declared: string;
    /** Salted, so that a secret can't be guessed from it by a table. */
    digest: string;
    desired: string;
    /** Units that restart or reload when it changes. */
    dependents: string;
    run_id: number;
  };
}

/** Handed to `openDatabase` by the composition root. */
export const convergeMigrations: readonly Migration[] = [
  { name: "converge-0001-runs", up: createRuns },
  { name: "converge-0002-ledger", up: createLedger },
];

async function createRuns(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("converge_runs")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("by", "text", (column) => column.notNull())
    .addColumn("started_at", "integer", (column) => column.notNull())
    .addColumn("duration_ms", "integer")
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("executions", "integer", (column) => column.notNull())
    .addColumn("unchanged", "integer", (column) => column.notNull())
    .addColumn("undoes", "integer")
    .addColumn("orphans", "text", (column) => column.notNull())
    .addColumn("error", "text")
    .execute();
  await db.schema.createIndex("converge_runs_by_node").on("converge_runs").columns(["node", "id"]).execute();
  await db.schema
    .createTable("converge_results")
    .addColumn("run_id", "integer", (column) => column.notNull().references("converge_runs.id").onDelete("cascade"))
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("reference", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("declared", "text", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("certainty", "text", (column) => column.notNull())
    .addColumn("cause", "text", (column) => column.notNull())
    .addColumn("because", "text", (column) => column.notNull())
    .addColumn("changes", "text", (column) => column.notNull())
    .addColumn("duration_ms", "integer", (column) => column.notNull())
    .addColumn("error", "text")
    .addPrimaryKeyConstraint("converge_results_key", ["run_id", "position"])
    .execute();
}

async function createLedger(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("converge_ledger")
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("reference", "text", (column) => column.notNull())
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("declared", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("desired", "text", (column) => column.notNull())
    .addColumn("dependents", "text", (column) => column.notNull())
    .addColumn("run_id", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("converge_ledger_key", ["node", "reference"])
    .execute();
}
