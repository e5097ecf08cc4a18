import { createHash } from "node:crypto";
import type { Kysely, Selectable } from "kysely";
import type { Clock } from "../clock.ts";
import type { Place } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Database } from "../store/database.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Item } from "./resource.ts";
import { runName, runNumber } from "./run-record.ts";
import type { ConvergeTables } from "./tables.ts";

/** One installation of a node: after the next install the host has nothing of what is in the ledger. */
export interface Installation {
  readonly node: string;
  readonly generation: number;
}

/** A unit that has to hear of a change. */
export interface Dependent {
  readonly unit: string;
  readonly how: "restart" | "reload";
}

/** A resource of ours that was as it should be when it was last seen. */
export interface LedgerEntry {
  readonly reference: string;
  readonly type: string;
  readonly title: string;
  readonly role: string;
  readonly declared: Place;
  /** Its place in the order of the work. */
  readonly position: number;
  /** `SALT:SHA-256` over the desired state and its inputs, secrets included; see {@link isSameDesired}. */
  readonly digest: string;
  /** Without its secrets. */
  readonly desired: unknown;
  readonly dependents: readonly Dependent[];
  /** The run that noted this state of it. */
  readonly run: string;
}

/** What of ours is on the nodes. It is the controller's alone: a lost database forgets it. */
export interface Ledger {
  /** In the order of the work. */
  read(installation: Installation): Promise<readonly LedgerEntry[]>;
  note(installation: Installation, seen: Noted): Promise<void>;
}

export interface Noted {
  readonly run: string;
  readonly catalogue: Catalogue;
  /** As they should be. What should be absent is taken out of the ledger. */
  readonly items: readonly Item[];
  /** Also taken out: references of what is on the host no more, or is another's now. */
  readonly gone: readonly string[];
}

const saltBytes = 8;
const rowsAtOnce = 100;

export function createLedger(database: Database, clock: Clock): Ledger {
  const db = database.tables<ConvergeTables>();
  return {
    read: (installation) => read(db, installation),
    note: (installation, seen) => note({ db, clock }, installation, seen),
  };
}

async function read(db: Kysely<ConvergeTables>, { node, generation }: Installation): Promise<LedgerEntry[]> {
  const rows = db.selectFrom("converge_ledger").selectAll().where("node", "=", node);
  return (await rows.where("generation", "=", generation).orderBy("position").execute()).map(toEntry);
}

const toEntry = (row: Selectable<ConvergeTables["converge_ledger"]>): LedgerEntry => ({
  reference: row.reference,
  type: row.type,
  title: row.title,
  role: row.role,
  declared: JSON.parse(row.declared) as Place,
  position: row.position,
  digest: row.digest,
  desired: JSON.parse(row.desired),
  dependents: JSON.parse(row.dependents) as readonly Dependent[],
  run: runName(row.run_id),
});

interface Pen {
  readonly db: Kysely<ConvergeTables>;
  readonly clock: Clock;
}

/** Writes only what differs from what is written already. A part of a catalogue knows neither places nor dependents. */
async function note({ db, clock }: Pen, installation: Installation, seen: Noted): Promise<void> {
  const { node, generation } = installation;
  const known = new Map((await read(db, installation)).map((entry) => [entry.reference, entry]));
  const dependents = dependentsIn(seen.catalogue);
  const places = new Map(seen.catalogue.items.map(({ id }, position) => [id, position]));
  const present = seen.items.filter((item) => !shouldBeAbsent(item));
  const drafts = present.flatMap((item) => {
    const draft = draftOf(item, dependents.get(item.id) ?? [], places.get(item.id) ?? 0);
    const entry = known.get(item.reference);
    const same = entry && isSameDesired(entry, item) && (seen.catalogue.outside || isWritten(entry, draft));
    return same ? [] : [{ item, draft }];
  });
  const gone = [...seen.gone, ...seen.items.filter(shouldBeAbsent).map(({ reference }) => reference)];
  const stale = [...gone, ...drafts.map(({ item }) => item.reference)];
  const rows = drafts.map(({ item, draft }) => {
    const salt = Buffer.from(clock.randomBytes(saltBytes)).toString("hex");
    return { node, generation, ...draft, digest: digestDesired(item, salt), run_id: runNumber(seen.run) ?? 0 };
  });
  await db.transaction().execute(async (transaction) => {
    const own = transaction.deleteFrom("converge_ledger").where("node", "=", node);
    await own.where("generation", "!=", generation).execute();
    for (const references of pieces(stale)) await own.where("reference", "in", references).execute();
    for (const some of pieces(rows)) await transaction.insertInto("converge_ledger").values(some).execute();
  });
}

const pieces = <Value>(values: readonly Value[]) =>
  Array.from({ length: Math.ceil(values.length / rowsAtOnce) }, (_, index) =>
    values.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce),
  );

/** What leaves nothing behind isn't ours to remember. */
const shouldBeAbsent = ({ desired }: Item) => (desired as { ensure?: unknown } | null)?.ensure === "absent";

const draftOf = (item: Item, dependents: readonly Dependent[], position: number) => ({
  reference: item.reference,
  position,
  type: item.type,
  title: item.title,
  role: item.role,
  declared: JSON.stringify(item.declared),
  desired: JSON.stringify(item.desired ?? null, (_, value) => (isLong(value) ? `${value.slice(0, longest)}…` : value)),
  dependents: JSON.stringify(dependents),
});

const isWritten = (entry: LedgerEntry, draft: ReturnType<typeof draftOf>) =>
  entry.position === draft.position &&
  entry.role === draft.role &&
  JSON.stringify(entry.declared) === draft.declared &&
  JSON.stringify(entry.dependents) === draft.dependents;

/** A file's content isn't needed to know what it owns, and would fill the database. */
const longest = 2000;
const isLong = (value: unknown): value is string => typeof value === "string" && value.length > longest;

/** By the id of an input: who has to hear of its change. */
function dependentsIn({ items, refreshes }: Catalogue): ReadonlyMap<number, readonly Dependent[]> {
  const all = new Map<number, Dependent[]>();
  for (const { id, title: unit } of items) {
    for (const how of ["restart", "reload"] as const) {
      for (const input of refreshes.get(id)?.[how] ?? []) all.set(input, [...(all.get(input) ?? []), { unit, how }]);
    }
  }
  return all;
}

function digestDesired({ desired, inputs }: Pick<Item, "desired" | "inputs">, salt: string): string {
  const text = JSON.stringify([desired, inputs], function (this: Record<string, unknown>, key, value) {
    const raw = this[key];
    return raw instanceof Secret ? { secret: raw.reveal() } : value;
  });
  return `${salt}:${createHash("sha256").update(salt).update(text).digest("hex")}`;
}

/** Is this what was wanted of it when it was last right? */
export function isSameDesired({ digest }: LedgerEntry, item: Pick<Item, "desired" | "inputs">): boolean {
  const [salt = ""] = digest.split(":");
  return digestDesired(item, salt) === digest;
}
