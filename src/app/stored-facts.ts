import type { Clock } from "../clock.ts";
import type { Facts } from "../facts/list.ts";
import type { Database } from "../store/database.ts";
import type { FleetTables } from "./fleet-tables.ts";

/** Facts as a run once read them. */
export interface StoredFacts {
  readonly facts: Partial<Facts>;
  /** When each was read. */
  readonly readAt: Readonly<Record<string, Date>>;
  /** Of the oldest one. */
  readonly ageSeconds: number;
  /** Of each. */
  readonly agesSeconds: Readonly<Record<string, number>>;
}

/** Every node's facts, as the site last saw them. */
export interface FactsBook {
  /** Those that were read; others of the node stay as they are. */
  save(node: string, facts: Partial<Facts>): Promise<void>;
  read(node: string): Promise<StoredFacts | undefined>;
  /** Of all nodes, taken at one moment, but for the long lists; each is only parsed when it is asked for. */
  all(): Promise<(node: string) => StoredFacts | undefined>;
}

/** Too long to be fetched of every node for every run; nobody needs them of another node. */
const longLists = ["packages", "services"];

type Row = FleetTables["fleet_facts"];

export function createFactsBook(database: Database, clock: Clock): FactsBook {
  const db = database.tables<FleetTables>();
  const rows = () => db.selectFrom("fleet_facts").selectAll();
  return {
    save: async (node, facts) => {
      const at = clock.now().getTime();
      const read = Object.entries(facts).filter(([, value]) => value !== undefined);
      if (read.length === 0) return;
      await db
        .replaceInto("fleet_facts")
        .values(read.map(([name, value]) => ({ node, name, json: JSON.stringify(value), at })))
        .execute();
    },
    read: async (node) => toFacts(await rows().where("node", "=", node).execute(), clock),
    all: async () => {
      const byNode = Map.groupBy(await rows().where("name", "not in", longLists).execute(), ({ node }) => node);
      return (node) => toFacts(byNode.get(node) ?? [], clock);
    },
  };
}

/** Ages by the wall clock, as facts outlive the process; one that was set back makes them 0, never less. */
function toFacts(rows: readonly Row[], clock: Clock): StoredFacts | undefined {
  if (rows.length === 0) return undefined;
  const facts = Object.fromEntries(rows.map(({ name, json }) => [name, JSON.parse(json) as unknown]));
  const readAt = Object.fromEntries(rows.map(({ name, at }) => [name, new Date(at)]));
  const now = clock.now().getTime();
  const ages = rows.map(({ name, at }) => [name, Math.max(0, Math.round((now - at) / 1000))] as const);
  const ageSeconds = Math.max(...ages.map(([, age]) => age));
  return { facts: facts as Partial<Facts>, readAt, ageSeconds, agesSeconds: Object.fromEntries(ages) };
}
