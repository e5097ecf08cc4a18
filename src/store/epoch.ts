import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from "node:fs";
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";

/** Tells a database that went on from one that was put back or copied; what was promised in between is void then. */
export interface Epoch {
  /** Random; a new one whenever the database turns out to be restored or cloned. */
  readonly id: string;
  /** Was an older state, or a copy, found when the database was opened? */
  readonly restored: boolean;
  /** Counts one more promise that a restored backup must not repeat. Call it after the commit that makes the promise. */
  advance(): Promise<void>;
}

export interface EpochTables {
  store_epoch: { only: number; id: string; turns: number; witness: string };
}

const idBytes = 16;

interface Witness {
  readonly id: string;
  readonly turns: number;
  /** Which file this is: a copy of the whole directory has another one. */
  readonly place: string;
}

/**
 * The witness is a small file beside the database, with the same id and the number of turns. A restored database is
 * behind it; a copied one has none, or one whose inode is another. It is rewritten in place, so that its inode stays.
 */
export async function openEpoch(db: Kysely<EpochTables>, file: string, clock: Clock): Promise<Epoch> {
  const witnessFile = file === ":memory:" ? undefined : `${file}.epoch`;
  const row = await db.selectFrom("store_epoch").selectAll().executeTakeFirst();
  const seen = witnessFile ? readWitness(witnessFile) : undefined;
  const restored = row !== undefined && !continues(row, seen);
  if (!row || restored) await begin(db, { clock, witnessFile, turns: row?.turns ?? 0 });
  const { id } = await db.selectFrom("store_epoch").select("id").executeTakeFirstOrThrow();
  return { id, restored, advance: () => advance(db, witnessFile) };
}

const continues = (row: EpochTables["store_epoch"], seen: Witness | undefined) =>
  seen !== undefined && seen.id === row.id && seen.place === row.witness && row.turns >= seen.turns;

interface Beginning {
  readonly clock: Clock;
  readonly witnessFile: string | undefined;
  readonly turns: number;
}

async function begin(db: Kysely<EpochTables>, { clock, witnessFile, turns }: Beginning): Promise<void> {
  const id = Buffer.from(clock.randomBytes(idBytes)).toString("hex");
  if (witnessFile) writeWitness(witnessFile, { id, turns });
  const row = { only: 1, id, turns, witness: witnessFile ? placeOf(witnessFile) : "" };
  await db.replaceInto("store_epoch").values(row).execute();
}

async function advance(db: Kysely<EpochTables>, witnessFile: string | undefined): Promise<void> {
  const row = await db
    .updateTable("store_epoch")
    .set((eb) => ({ turns: eb("turns", "+", 1) }))
    .returningAll()
    .executeTakeFirstOrThrow();
  if (witnessFile) writeWitness(witnessFile, row);
}

function readWitness(file: string): Witness | undefined {
  try {
    const bytes = new Uint8Array(64);
    const fd = openSync(file, "r");
    const length = readSync(fd, bytes);
    closeSync(fd);
    const match = /^([0-9a-f]{32}) (\d{12})\n$/.exec(Buffer.from(bytes.subarray(0, length)).toString("latin1"));
    return match ? { id: match[1] as string, turns: Number(match[2]), place: placeOf(file) } : undefined;
  } catch {
    return undefined;
  }
}

function writeWitness(file: string, { id, turns }: { id: string; turns: number }): void {
  const fd = openSync(file, "a+", 0o600);
  closeSync(fd);
  const inPlace = openSync(file, "r+");
  try {
    writeSync(inPlace, `${id} ${String(turns).padStart(12, "0")}\n`, 0);
    fsyncSync(inPlace);
  } finally {
    closeSync(inPlace);
  }
}

/** The birth time is in it because a file system gives a freed inode number away again. */
function placeOf(file: string): string {
  const { dev, ino, birthtimeMs } = statSync(file);
  return `${dev}:${ino}:${birthtimeMs}`;
}
