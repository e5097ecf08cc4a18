import { type Generated, type Kysely, sql } from "kysely";
import type { Migration } from "../store/database.ts";

/** Boot's own records. Wall times are milliseconds since 1970, lists and objects are JSON. */
export interface BootTables {
  boot_intents: {
    id: Generated<number>;
    node: string;
    generation: number;
    state: string;
    mac: string;
    address: string;
    /** SHA-256 of the token handed out last; none before the first script. */
    token_hash: string | null;
    armed_by: string;
    armed_at: number;
    expires_at: number;
    erase: number;
    disks: string;
    /** The controller's process that answers for it; nobody else serves it. */
    owner: string;
    outcome: string | null;
    /** When the deploy script was given out; never taken back, whatever became of the intent. */
    consumed_at: number | null;
  };
  boot_leases: { mac: string; address: string; expires_at: number; host_name: string | null };
}

/** Handed to `openDatabase` by the composition root. */
export const bootMigrations: readonly Migration[] = [
  { name: "boot-0001-intents", up: createIntentsTable },
  { name: "boot-0002-leases", up: createLeasesTable },
  { name: "boot-0003-consumed", up: addConsumedAt },
];

/** One row per generation, for ever: what was spent once can't be armed again. */
async function createIntentsTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("boot_intents")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("mac", "text", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("token_hash", "text", (column) => column.unique())
    .addColumn("armed_by", "text", (column) => column.notNull())
    .addColumn("armed_at", "integer", (column) => column.notNull())
    .addColumn("expires_at", "integer", (column) => column.notNull())
    .addColumn("erase", "integer", (column) => column.notNull())
    .addColumn("disks", "text", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("outcome", "text")
    .addUniqueConstraint("boot_intents_generation", ["node", "generation"])
    .execute();
}

async function createLeasesTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("boot_leases")
    .addColumn("mac", "text", (column) => column.primaryKey())
    .addColumn("address", "text", (column) => column.notNull().unique())
    .addColumn("expires_at", "integer", (column) => column.notNull())
    .addColumn("host_name", "text")
    .execute();
}

/** Of older intents nobody knows any more: they count as given out. */
async function addConsumedAt(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("boot_intents").addColumn("consumed_at", "integer").execute();
  await sql`update boot_intents set consumed_at = armed_at where token_hash is not null`.execute(db);
}
