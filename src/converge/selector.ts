import { suggest } from "../inventory/nearest.ts";
import type { Catalogue } from "./catalogue.ts";
import { globMatches, splitTerms } from "./glob.ts";
import type { Item } from "./resource.ts";
import { resourceTypes } from "./resources/list.ts";
import { fail } from "./rollout-errors.ts";

export const selectorKeys = ["role", "type", "title", "resource"] as const;

type SelectorKey = (typeof selectorKeys)[number];

/** What a person wants of a catalogue: every key must fit, by any of its patterns. */
export interface Selector {
  /** As typed. */
  readonly text: string;
  readonly wanted: ReadonlyMap<SelectorKey, readonly string[]>;
}

/**
 * `role=varnish,type=file|link`: a comma joins what must hold together, `|` or the same key again what may hold instead;
 * `*` and `?` as in a shell, `\` before a sign that is meant as it is. Throws `selector-invalid`, also for a role or a
 * type that nobody has, so that a slip of the pen never selects nothing in silence.
 */
export function parseSelector(text: string, roles: Iterable<string>): Selector {
  const known = { role: [...roles], type: resourceTypes.map(({ name }) => name) };
  const wanted = new Map<SelectorKey, string[]>();
  for (const term of splitTerms(text, ",")) {
    const { key, patterns } = parseTerm(text, term);
    if (key === "role" || key === "type") for (const one of patterns) refuseUnknown(text, { key, one, known });
    wanted.set(key, [...(wanted.get(key) ?? []), ...patterns]);
  }
  return { text, wanted };
}

const form = `Write it as role=varnish,type=file; keys are: ${selectorKeys.join(", ")}`;

function parseTerm(text: string, term: string) {
  const at = term.indexOf("=");
  const key = term.slice(0, Math.max(0, at)).trim();
  const patterns = splitTerms(term.slice(at + 1), "|");
  const problem = at < 0 ? `${JSON.stringify(term)} is no key=value` : `${key} has no value`;
  if (at < 0 || patterns.includes("")) throw fail("selector-invalid", { text, problem, advice: form });
  if (isKey(key)) return { key, patterns };
  const advice = suggest(key, selectorKeys);
  throw fail("selector-invalid", { text, problem: `there is no key ${JSON.stringify(key)}`, advice });
}

const isKey = (key: string): key is SelectorKey => (selectorKeys as readonly string[]).includes(key);

interface Named {
  readonly key: "role" | "type";
  readonly one: string;
  readonly known: Readonly<Record<"role" | "type", readonly string[]>>;
}

function refuseUnknown(text: string, { key, one, known }: Named): void {
  if (known[key].some((name) => globMatches(one, name))) return;
  const problem = `there is no ${key} ${JSON.stringify(one)}`;
  throw fail("selector-invalid", { text, problem, advice: suggest(one, known[key]) });
}

/** The items that a selector names, without what they stand on. */
export function chosenFrom({ items }: Catalogue, { wanted }: Selector): readonly Item[] {
  const values: Record<SelectorKey, (item: Item) => string> = {
    role: ({ role }) => role,
    type: ({ type }) => type,
    title: ({ title }) => title,
    resource: ({ reference }) => reference,
  };
  return items.filter((item) =>
    [...wanted].every(([key, patterns]) => patterns.some((pattern) => globMatches(pattern, values[key](item)))),
  );
}

/**
 * The part of a catalogue that a selector names, with all that it stands on. Numbers, order and the digests of inputs
 * stay, so that a plan of it is a part of the plan of the whole. What was left out is told as `outside`: a service there
 * still hears that its inputs changed, and the next run of the whole refreshes it. Throws `selection-empty`.
 */
export function selectFrom(catalogue: Catalogue, selector: Selector): Catalogue {
  const chosen = chosenFrom(catalogue, selector);
  if (chosen.length === 0) {
    const { text } = selector;
    throw fail("selection-empty", { text, node: catalogue.node, there: describeItems(catalogue.items) });
  }
  const kept = new Set(chosen.flatMap(({ id }) => [id, ...(catalogue.ancestors.get(id) ?? [])]));
  return {
    ...catalogue,
    items: catalogue.items.filter(({ id }) => kept.has(id)),
    outside: [...(catalogue.outside ?? []), ...catalogue.items.filter(({ id }) => !kept.has(id))],
    ancestors: new Map([...catalogue.ancestors].filter(([id]) => kept.has(id))),
  };
}

/** `base (12 file, 1 package), varnish (2 file)`: the roles, each with its types. */
function describeItems(items: readonly Item[]): string {
  const roles = Map.groupBy(items, ({ role }) => role);
  const described = [...roles].map(([role, own]) => {
    const types = [...Map.groupBy(own, ({ type }) => type)].map(([type, some]) => `${some.length} ${type}`);
    return `${role} (${types.join(", ")})`;
  });
  return described.join(", ") || "nothing at all";
}
