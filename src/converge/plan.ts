import { createHash } from "node:crypto";
import type { ReadFacts } from "../facts/list.ts";
import type { Shell } from "../transport/shell.ts";
import type { Catalogue } from "./catalogue.ts";
import { observe, type ReadOptions } from "./observation.ts";
import { witnessLines } from "./read-program.ts";
import type { Change, Item, Outlook, Seen } from "./resource.ts";
import { resourceTypes } from "./resources/list.ts";
import type { Step } from "./step.ts";

/** What a run would do to one resource. */
export interface PlannedItem {
  readonly item: Item;
  /** Never empty. */
  readonly changes: readonly Change[];
  /**
   * `seen`: the host was read and differs. `predicted`: it stands on something that changes in this same run, so that
   * its state is only known after apply. `unknown`: it can't be known without doing it.
   */
  readonly certainty: "seen" | "predicted" | "unknown";
  /** For what is predicted: on account of these references. */
  readonly because: readonly string[];
  readonly steps: readonly Step[];
}

/** A value: what would be done to one host, and what it was found out from. Holds secrets, which print as `***`. */
export interface Plan {
  readonly node: string;
  readonly host: string;
  readonly catalogue: Catalogue;
  readonly facts: ReadFacts;
  /** In the order of the work. Empty: nothing is to do. */
  readonly planned: readonly PlannedItem[];
  readonly unchanged: number;
  /** SHA-256 over what the host said about the planned items and about itself. */
  readonly witness: string;
  readonly readMs: number;
}

const readTimeoutMs = 120_000;

/** Reads the host in one execution and compares. Throws as {@link observe} does. */
export async function planCatalogue(catalogue: Catalogue, shell: Shell, options: ReadOptions = {}): Promise<Plan> {
  const observation = await observe(catalogue.items, shell, { timeoutMs: readTimeoutMs, ...options });
  const planned = comparePlan(catalogue, observation.seen);
  const ids = new Set(planned.map(({ item }) => item.id));
  return {
    node: catalogue.node,
    host: shell.name,
    catalogue,
    facts: observation.facts,
    planned,
    unchanged: catalogue.items.length - planned.length,
    witness: digestLines(witnessLines(observation.lines, ids)),
    readMs: observation.durationMs,
  };
}

const digestLines = (lines: readonly string[]) =>
  createHash("sha256")
    .update(lines.map((line) => `${line}\n`).join(""))
    .digest("hex");

const nothing: Seen = new Map();

/** The pure half: what was seen → what is to do, with the dependants of a change predicted. */
export function comparePlan(catalogue: Catalogue, seen: ReadonlyMap<number, Seen>): PlannedItem[] {
  const changing = new Map<number, string>();
  const planned: PlannedItem[] = [];
  for (const item of catalogue.items) {
    const type = resourceTypes.find(({ name }) => name === item.type);
    if (!type) continue;
    const own = seen.get(item.id) ?? nothing;
    const { restart = [], reload = [] } = catalogue.refreshes.get(item.id) ?? {};
    const ancestors = catalogue.ancestors.get(item.id);
    const outlook: Outlook = {
      restart: restart.some((id) => changing.has(id)),
      reload: reload.some((id) => changing.has(id)),
      changing: [...changing].filter(([id]) => ancestors?.has(id)).map(([, reference]) => reference),
    };
    const changes = type.diff(item, own, outlook);
    if (changes.length === 0) continue;
    const because = reasons({ changing, inputs: [...restart, ...reload], changes, ancestors });
    changing.set(item.id, item.reference);
    planned.push({ item, changes, certainty: certaintyOf(changes, because), because, steps: type.steps(item, own) });
  }
  return planned;
}

const certaintyOf = (changes: readonly Change[], because: readonly string[]) =>
  changes.some(({ unknown }) => unknown) ? "unknown" : because.length > 0 ? "predicted" : "seen";

/** What a plan after an apply still finds to do; what can't be known without doing it doesn't count. */
export const leftOver = (planned: readonly PlannedItem[]): readonly PlannedItem[] =>
  planned.filter(({ certainty }) => certainty !== "unknown");

/**
 * What can't be known before the run: a refresh that is due to a change in it, and what isn't there yet below a change
 * that may bring it (a package brings its units).
 */
function reasons({ changing, inputs, changes, ancestors }: Grounds): string[] {
  const absent = changes.some(({ from }) => from === undefined);
  const causes = absent ? [...(ancestors ?? []), ...inputs] : inputs;
  if (causes.length === 0) return [];
  const changed = new Set(causes.filter((id) => changing.has(id)));
  if (changed.size === 0) return [];
  return [...changing].filter(([id]) => changed.has(id)).map(([, reference]) => reference);
}

interface Grounds {
  readonly changing: ReadonlyMap<number, string>;
  readonly inputs: readonly number[];
  readonly changes: readonly Change[];
  readonly ancestors: ReadonlySet<number> | undefined;
}
