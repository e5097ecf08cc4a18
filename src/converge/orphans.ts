import type { Catalogue } from "./catalogue.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { ErasedType, Item } from "./resource.ts";
import { resourceTypes } from "./resources/list.ts";
import type { OrphanRecord } from "./run-record.ts";

/** Something that an earlier run made, and that no role declares any more. */
export interface Orphan extends OrphanRecord {
  readonly entry: LedgerEntry;
  /** The desired state of its absence, for what can be purged. */
  readonly absence: unknown;
}

export interface Orphans {
  /** Last made first: the order in which they go. */
  readonly left: readonly Orphan[];
  /** References in the ledger that are nobody's any more, though what they name is another resource's now. */
  readonly taken: readonly string[];
}

/**
 * The ledger without the catalogue. What a resource of the catalogue owns under another name (a file that became a
 * template) is no orphan; what one needs (the package of a service) or stands in (a folder) is never purged.
 */
export function orphansOf(ledger: readonly LedgerEntry[], catalogue: Catalogue): Orphans {
  const wanted = [...catalogue.items, ...(catalogue.outside ?? [])];
  const references = new Set(wanted.map(({ reference }) => reference));
  const owned = new Set(wanted.flatMap((item) => claimsOf(item.type, item.desired)));
  const users = usersOf(wanted);
  const left: Orphan[] = [];
  const taken: string[] = [];
  for (const entry of ledger.filter(({ reference }) => !references.has(reference)).reverse()) {
    if (claimsOf(entry.type, entry.desired).some((claim) => owned.has(claim))) taken.push(entry.reference);
    else left.push(judge(entry, neededBy(entry, users)));
  }
  return { left, taken };
}

const typeOf = (name: string): ErasedType | undefined => resourceTypes.find((type) => type.name === name);

/** Of an entry the desired state comes from the records, perhaps of an older version: what it can't say, it doesn't own. */
function claimsOf(type: string, desired: unknown): readonly string[] {
  try {
    const { whole = [], part = [] } = typeOf(type)?.claims?.(desired) ?? {};
    return [...whole, ...part];
  } catch {
    return [];
  }
}

/** The resources of the ledger that own this path or a part of it. */
export const ownersOf = (path: string, ledger: readonly LedgerEntry[]): LedgerEntry[] =>
  ledger.filter(({ type, desired }) => claimsOf(type, desired).includes(`path:${path}`));

/** By reference and by folder: a resource of the catalogue that can't do without it. */
function usersOf(wanted: readonly Item[]): ReadonlyMap<string, Item> {
  const users = new Map<string, Item>();
  for (const item of wanted) {
    for (const reference of typeOf(item.type)?.autoRequire?.(item.desired) ?? []) users.set(reference, item);
    for (const claim of claimsOf(item.type, item.desired)) {
      for (let end = claim.lastIndexOf("/"); end > 0; end = claim.lastIndexOf("/", end - 1)) {
        users.set(claim.slice(0, end), item);
      }
    }
  }
  return users;
}

const neededBy = ({ reference, type, desired }: LedgerEntry, users: ReadonlyMap<string, Item>): Item | undefined =>
  users.get(reference) ??
  claimsOf(type, desired)
    .map((claim) => users.get(claim))
    .find((user) => user !== undefined);

function judge(entry: LedgerEntry, user: Item | undefined): Orphan {
  const { reference, role } = entry;
  const absence = absenceOf(entry);
  const reason = user
    ? `${user.reference} still needs it`
    : absence === undefined
      ? `a ${entry.type} is not removed by itself`
      : undefined;
  return reason === undefined
    ? { entry, reference, role, absence, removal: "purge" }
    : { entry, reference, role, absence: undefined, removal: "by hand", reason };
}

function absenceOf({ type: name, title, desired }: LedgerEntry): unknown {
  const type = typeOf(name);
  try {
    const properties = type?.absent?.(desired);
    return properties && type?.schema.parse({ ...properties, [type.titleKey]: title });
  } catch {
    return undefined;
  }
}

/** The catalogue, and after all of it the absence of what can be purged. */
export function withPurge(catalogue: Catalogue, { left }: Orphans): Catalogue {
  const purged = left.filter(({ removal }) => removal === "purge");
  const taken = [...catalogue.items, ...(catalogue.outside ?? [])].map(({ id }) => id);
  const first = taken.reduce((highest, id) => Math.max(highest, id), -1) + 1;
  const items = purged.map(({ entry, absence }, index): Item => {
    const { reference, type, title, role, declared } = entry;
    const inputs = { restart: "-", reload: "-" };
    return { id: first + index, reference, type, title, role, declared, desired: absence, inputs };
  });
  return { ...catalogue, items: [...catalogue.items, ...items] };
}

export const orphanRecords = ({ left }: Orphans): OrphanRecord[] =>
  left.map(({ reference, role, removal, reason }) => ({
    reference,
    role,
    removal,
    ...(reason === undefined ? {} : { reason }),
  }));
