import { suggest } from "../inventory/nearest.ts";
import { globMatches, splitTerms } from "./glob.ts";
import { fail } from "./rollout-errors.ts";

/** A node, as far as choosing goes. */
export interface FleetNode {
  readonly name: string;
  /** In the order of the work. */
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly rack: string | undefined;
}

export const limitKeys = ["name", "group", "role", "rack"] as const;

type LimitKey = (typeof limitKeys)[number];

const valuesOf: Readonly<Record<LimitKey, (node: FleetNode) => readonly string[]>> = {
  name: ({ name }) => [name],
  group: ({ groups }) => groups,
  role: ({ roles }) => roles,
  rack: ({ rack }) => (rack === undefined ? [] : [rack]),
};

/**
 * The nodes that a limit leaves, in the order in which they came: `web*`, `group=web`, `role=varnish&!rack=r1`,
 * `db1,db2`. A comma is "or", `&` is "and", `!` is "not". `known` are all nodes of the inventory: what no node has is a
 * slip. Throws `limit-invalid`, `limit-unknown`, `limit-empty`.
 */
export function limitNodes(
  nodes: readonly FleetNode[],
  text: string,
  known: readonly FleetNode[] = nodes,
): readonly FleetNode[] {
  const ways = splitTerms(text, ",").map((way) => splitTerms(way, "&"));
  if (ways.length > 1) for (const way of ways) refuseLoneNot(text, way);
  const tests = ways.map((way) => way.map((term) => testOf(text, term, known)));
  const left = nodes.filter((node) => tests.some((all) => all.every((one) => one(node))));
  if (left.length === 0) throw fail("limit-empty", { text, nodes: nodes.map(({ name }) => name) });
  return left;
}

/** `web*,!web3` reads as "without web3", and means "or all but web3", which is every node. */
function refuseLoneNot(text: string, way: readonly string[]): void {
  const [first = ""] = way;
  if (!way.every((term) => term.startsWith("!"))) return;
  const problem = `${first} behind a comma would add every node but that one`;
  throw fail("limit-invalid", {
    text,
    problem,
    advice: `To leave it out write &${first} behind what it is taken from`,
  });
}

function testOf(text: string, term: string, known: readonly FleetNode[]): (node: FleetNode) => boolean {
  const negated = term.startsWith("!");
  const { key, pattern } = parseTerm(text, negated ? term.slice(1).trim() : term);
  const fits = (node: FleetNode) => valuesOf[key](node).some((value) => globMatches(pattern, value));
  if (!known.some(fits)) throw unknown(key, pattern, known);
  return (node) => fits(node) !== negated;
}

function parseTerm(text: string, term: string): { readonly key: LimitKey; readonly pattern: string } {
  const at = term.indexOf("=");
  const key = at < 0 ? "name" : term.slice(0, at).trim();
  const pattern = term.slice(at + 1).trim();
  const form = `Write names (web*), or one of: ${limitKeys.map((one) => `${one}=…`).join(", ")}`;
  if (pattern === "") throw fail("limit-invalid", { text, problem: "a term is empty", advice: form });
  if (isKey(key)) return { key, pattern };
  const problem = `there is no key ${JSON.stringify(key)}`;
  throw fail("limit-invalid", { text, problem, advice: suggest(key, limitKeys) });
}

const isKey = (key: string): key is LimitKey => (limitKeys as readonly string[]).includes(key);

function unknown(key: LimitKey, pattern: string, known: readonly FleetNode[]) {
  const names = new Set(known.flatMap(valuesOf[key]));
  return fail("limit-unknown", { kind: key, name: pattern, known: suggest(pattern, names) });
}

export interface Choice {
  /** All nodes of the inventory, in its order. */
  readonly fleet: readonly FleetNode[];
  /** Named one by one; none: all of the fleet. */
  readonly names: readonly string[];
  readonly limit?: string | undefined;
  /** The person said `--all`. */
  readonly all: boolean;
  /** The most without `--all`; `undefined` for what only reads. */
  readonly max: number | undefined;
  /** As typed: `apply`. */
  readonly verb: string;
}

/**
 * What a command is to act on, in the inventory's order. Naming and limiting narrow each other.
 * Throws `nodes-unnamed`, `too-many-nodes` and what {@link limitNodes} throws.
 */
export function chooseNodes({ fleet, names, limit, all, max, verb }: Choice): readonly FleetNode[] {
  if (names.length === 0 && limit === undefined && !all) throw fail("nodes-unnamed", { verb, count: fleet.length });
  for (const name of names) if (!fleet.some((node) => node.name === name)) throw unknown("name", name, fleet);
  const named = names.length === 0 ? fleet : fleet.filter(({ name }) => names.includes(name));
  const chosen = limit === undefined ? named : limitNodes(named, limit, fleet);
  if (!all && max !== undefined && chosen.length > max) {
    throw fail("too-many-nodes", { nodes: chosen.map(({ name }) => name), max });
  }
  return chosen;
}
