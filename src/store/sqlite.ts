import Sqlite from "better-sqlite3";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import type { ProvisionError } from "../errors.ts";
import { fail } from "./errors.ts";

const busyTimeoutMs = 2000;

/** Opens the file for durable work: a commit is on the disk when it returns (WAL with synchronous=FULL, sqlite.org/pragma). */
export function openSqlite(file: string): SqliteDatabase {
  const connection = translated(file, () => {
    const opened = new Sqlite(file, { timeout: busyTimeoutMs });
    opened.pragma("journal_mode = WAL");
    opened.pragma("synchronous = FULL");
    opened.pragma("foreign_keys = ON");
    return opened;
  });
  return {
    close: () => void connection.close(),
    prepare: (sql) => statement(file, () => connection.prepare(beginAtOnce(sql))),
  };
}

/**
 * A transaction takes the write lock when it begins. One that only asks for it at its first write can't wait for another
 * process: what it has read is stale by then, and SQLite refuses it whatever the busy timeout (SQLITE_BUSY_SNAPSHOT).
 */
const beginAtOnce = (sql: string) => (sql === "begin" ? "begin immediate" : sql);

function statement(file: string, prepare: () => Sqlite.Statement): SqliteStatement {
  const prepared = translated(file, prepare);
  return {
    reader: prepared.reader,
    all: (parameters) => translated(file, () => prepared.all(...parameters)),
    run: (parameters) => translated(file, () => prepared.run(...parameters)),
    iterate: (parameters) => translated(file, () => prepared.iterate(...parameters)),
  };
}

function translated<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(file, error) ?? error;
  }
}

/** SQLite's result codes (sqlite.org/rescode) in our words; what is the caller's own doing, such as a constraint, stays. */
export function translate(file: string, error: unknown): ProvisionError | undefined {
  if (error instanceof TypeError && /directory does not exist/.test(error.message)) {
    return fail("database-unusable", { file, reason: "its directory does not exist" }, { cause: error });
  }
  if (!(error instanceof Sqlite.SqliteError)) return undefined;
  const [code, options] = [error.code, { cause: error }];
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return fail("database-locked", { file }, options);
  const details = { file, reason: `${error.message} (${code})` };
  if (/^SQLITE_(FULL|IOERR)/.test(code)) return fail("database-full", details, options);
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return fail("database-corrupt", details, options);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(code)) return fail("database-unusable", details, options);
  return undefined;
}

/** Did a unique or primary key refuse this row? */
export function isConflict(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(error.code);
}
