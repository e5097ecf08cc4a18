import { formatPlace } from "../errors.ts";
import { referenceOf } from "./declare.ts";
import { fail } from "./errors.ts";
import type { Reference, Resource } from "./resource.ts";

export type EdgeKind = "require" | "before" | "subscribe" | "reloadOn" | "notify" | "auto";

/** `to` waits for `from`; both are places in the list. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: EdgeKind;
}

/** A resource with the references that its type adds by itself. */
export interface Vertex {
  readonly resource: Resource;
  /** `file[/etc/apt/*]` stands for every file below. */
  readonly auto: readonly string[];
}

/** All edges of a catalogue. Throws `duplicate-resource` and `resource-missing`. */
export function edgesOf(vertices: readonly Vertex[]): Edge[] {
  const places = indexOf(vertices);
  const matching = matcherOf(places);
  return vertices.flatMap(({ resource, auto }, own) => {
    const find = (reference: Reference) => findDeclared(places, resource, reference);
    const incoming = (["require", "subscribe", "reloadOn"] as const).flatMap((kind) =>
      (resource.relations[kind] ?? []).map((reference): Edge => ({ from: find(reference), to: own, kind })),
    );
    const outgoing = (["before", "notify"] as const).flatMap((kind) =>
      (resource.relations[kind] ?? []).map((reference): Edge => ({ from: own, to: find(reference), kind })),
    );
    const added = auto.flatMap(matching).filter((from) => from !== own);
    return [...incoming, ...outgoing, ...added.map((from): Edge => ({ from, to: own, kind: "auto" }))];
  });
}

function indexOf(vertices: readonly Vertex[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [index, { resource }] of vertices.entries()) {
    const name = referenceOf(resource);
    const earlier = places.get(name);
    if (earlier !== undefined) {
      const [first, second] = [(vertices[earlier] as Vertex).resource.declared, resource.declared];
      throw fail("duplicate-resource", { resource: name, first, second }, { place: second });
    }
    places.set(name, index);
  }
  return places;
}

function findDeclared(places: ReadonlyMap<string, number>, from: Resource, reference: Reference): number {
  const to = typeof reference === "string" ? reference : referenceOf(reference);
  const found = places.get(to);
  if (found !== undefined) return found;
  const { declared } = from;
  throw fail("resource-missing", { from: referenceOf(from), declared, to }, { place: declared });
}

/** Which places a pattern of a type means. Many resources ask with the same star: each is answered once. */
function matcherOf(places: ReadonlyMap<string, number>): (pattern: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (pattern) => {
    if (!pattern.endsWith("*]")) {
      const place = places.get(pattern);
      return place === undefined ? [] : [place];
    }
    const start = pattern.slice(0, -2);
    const found = known.get(start) ?? [...places].filter(([name]) => name.startsWith(start)).map(([, index]) => index);
    known.set(start, found);
    return found;
  };
}

/** The order of the work: as declared, as far as the edges allow. Throws `cycle` with the shortest one. */
export function orderOf(vertices: readonly Vertex[], edges: readonly Edge[]): number[] {
  const waiting = vertices.map(() => 0);
  for (const { to } of edges) waiting[to] = (waiting[to] ?? 0) + 1;
  const outgoing = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<number>();
  // The first that is free, from the top: a look back is only due to what has just been set free.
  let next = 0;

  while (done.size < vertices.length) {
    while (next < vertices.length && (done.has(next) || waiting[next] !== 0)) next++;
    if (next === vertices.length) throw cycleError(vertices, edges, done);
    done.add(next);
    const freed = (outgoing.get(next) ?? []).map(({ to }) => {
      waiting[to] = (waiting[to] ?? 0) - 1;
      return waiting[to] === 0 ? to : next;
    });
    next = freed.reduce((one, other) => Math.min(one, other), next);
  }
  return [...done];
}

function cycleError(vertices: readonly Vertex[], all: readonly Edge[], done: ReadonlySet<number>) {
  const cycle = shortestCycle(all.filter(({ from, to }) => !done.has(from) && !done.has(to)));
  const say = (index: number) => {
    const { resource } = vertices[index] as Vertex;
    return `${referenceOf(resource)} (${formatPlace(resource.declared)})`;
  };
  const steps = cycle.map(({ from, to, kind }) => `${say(to)} ${wording[kind]} ${say(from)}`);
  const place = vertices[cycle[0]?.to ?? 0]?.resource.declared;
  return fail("cycle", { steps }, place ? { place } : {});
}

const wording: Readonly<Record<EdgeKind, string>> = {
  require: "requires",
  before: "must come after",
  subscribe: "subscribes to",
  reloadOn: "reloads on",
  notify: "is notified by",
  auto: "always waits for",
};

/** Breadth first from each edge's end back to its start. */
function shortestCycle(edges: readonly Edge[]): Edge[] {
  let best: Edge[] = [];
  for (const first of edges) {
    const path = shortestPath(edges, first.to, first.from);
    if (path && (best.length === 0 || path.length + 1 < best.length)) best = [first, ...path];
  }
  return best;
}

function shortestPath(edges: readonly Edge[], start: number, goal: number): Edge[] | undefined {
  const cameBy = new Map<number, Edge[]>([[start, []]]);
  for (const [at, path] of cameBy) {
    if (at === goal) return path;
    for (const edge of edges) if (edge.from === at && !cameBy.has(edge.to)) cameBy.set(edge.to, [...path, edge]);
  }
  return undefined;
}

/** Everything that each one waits for, directly or through others. Needs the order. */
export function ancestorsOf(
  order: readonly number[],
  edges: readonly Edge[],
): ReadonlyMap<number, ReadonlySet<number>> {
  const all = new Map<number, Set<number>>(order.map((index) => [index, new Set()]));
  const incoming = Map.groupBy(edges, ({ to }) => to);
  for (const index of order) {
    const own = all.get(index) as Set<number>;
    for (const { from } of incoming.get(index) ?? []) {
      own.add(from);
      for (const further of all.get(from) ?? []) own.add(further);
    }
  }
  return all;
}
