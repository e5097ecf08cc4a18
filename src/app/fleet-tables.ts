import type { Kysely } from "kysely";
import type { Migration } from "../store/database.ts";

/** What is remembered of nodes for the sake of others. Wall times are milliseconds since 1970. */
export interface FleetTables {
  /** As last read; each fact has its own age, since a run reads only those that it needs. */
  fleet_facts: { node: string; name: string; json: string; at: number };
  /** Who was told to begin the cluster of a role: one for each role. */
  fleet_bootstraps: { role: string; node: string; by: string; at: number };
  /** Nodes that were seen to keep a role's promises. */
  fleet_verified: { role: string; node: string; at: number };
}

/** Handed to `openDatabase` by the composition root. */
export const fleetMigrations: readonly Migration[] = [
  { name: "fleet-0001-facts", up: createFacts },
  { name: "fleet-0002-clusters", up: createClusters },
];

async function createFacts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("fleet_facts")
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("json", "text", (column) => column.notNull())
    .addColumn("at", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("fleet_facts_key", ["node", "name"])
    .execute();
}

async function createClusters(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("fleet_bootstraps")
    .addColumn("role", "text", (column) => column.primaryKey())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("by", "text", (column) => column.notNull())
    .addColumn("at", "integer", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("fleet_verified")
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("at", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("fleet_verified_key", ["role", "node"])
    .execute();
}
