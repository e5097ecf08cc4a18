import { Kysely, SqliteDialect } from "kysely";
import type { Clock } from "../clock.ts";
import { type Epoch, type EpochTables, openEpoch } from "./epoch.ts";
import { fail } from "./errors.ts";
import { openSqlite } from "./sqlite.ts";

/** One step of a schema's history. Its name is recorded, so it is never renamed and never changed once published. */
export interface Migration {
  /** Owner and order: "boot-0001-intents". */
  readonly name: string;
  up(db: Kysely<unknown>): Promise<void>;
}

/** Durable records. A write is on the disk when its promise resolves; every failure of the store is a ProvisionError. */
export interface Database {
  readonly epoch: Epoch;
  /** The owner's view of its own tables. Queries and transactions run one after the other. */
  tables<Tables>(): Kysely<Tables>;
  close(): Promise<void>;
}

interface StoreTables extends EpochTables {
  store_migrations: { position: number; name: string };
}

export interface DatabaseOptions {
  /** A path, or ":memory:". */
  readonly file: string;
  /** All owners' migrations; each owner's in its own order. */
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
}

/**
 * Opens the database and brings its schema up to date, each migration in a transaction of its own.
 * Throws `database-newer` when it holds migrations that nobody here knows, and before anything is changed.
 */
export async function openDatabase({ file, migrations, clock }: DatabaseOptions): Promise<Database> {
  const kysely = new Kysely<StoreTables>({ dialect: new SqliteDialect({ database: openSqlite(file) }) });
  try {
    await migrate(kysely, file, [...ownMigrations, ...migrations]);
    const epoch = await openEpoch(kysely as unknown as Kysely<EpochTables>, file, clock);
    return {
      epoch,
      tables: <Tables>() => kysely as unknown as Kysely<Tables>,
      close: () => kysely.destroy(),
    };
  } catch (error) {
    await kysely.destroy();
    throw error;
  }
}

const ownMigrations: readonly Migration[] = [
  {
    name: "store-0001-epoch",
    up: async (db) => {
      await db.schema
        .createTable("store_epoch")
        .addColumn("only", "integer", (column) => column.primaryKey())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("turns", "integer", (column) => column.notNull())
        .addColumn("witness", "text", (column) => column.notNull())
        .execute();
    },
  },
];

async function migrate(kysely: Kysely<StoreTables>, file: string, migrations: readonly Migration[]): Promise<void> {
  await kysely.schema
    .createTable("store_migrations")
    .ifNotExists()
    .addColumn("position", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .execute();
  const applied = await appliedNames(kysely);
  const unknown = [...applied].filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length > 0) throw fail("database-newer", { file, unknown });
  for (const migration of migrations) await apply(kysely, migration);
}

const appliedNames = async (kysely: Kysely<StoreTables>) =>
  new Set((await kysely.selectFrom("store_migrations").select("name").execute()).map((row) => row.name));

/** Looks again inside the transaction: another process may have been faster. */
async function apply(kysely: Kysely<StoreTables>, { name, up }: Migration): Promise<void> {
  await kysely.transaction().execute(async (transaction) => {
    if ((await appliedNames(transaction)).has(name)) return;
    await up(transaction as unknown as Kysely<unknown>);
    await transaction
      .insertInto("store_migrations")
      .values({ name } as StoreTables["store_migrations"])
      .execute();
  });
}
