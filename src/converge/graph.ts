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
  return vertices.flatMap(({ resource, auto }, own) => {
    const find = (reference: Reference) => findDeclared(places, resource, reference);
    const incoming = (["require", "subscribe", "reloadOn"] as const).flatMap((kind) =>
      (resource.relations[kind] ?? []).map((reference): Edge => ({ from: find(reference), to: own, kind })),
    );
    const outgoing = (["before", "notify"] as const).flatMap((kind) =>
      (resource.relations[kind] ?? []).map((reference): Edge => ({ from: own, to: find(reference), kind })),
    );
    const added = auto.flatMap((pattern) => matching(places, pattern)).filter((from) => from !== own);
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

function matching(places: ReadonlyMap<string, number>, pattern: string): number[] {
  if (!pattern.endsWith("*]")) return [places.get(pattern) ?? []].flat();
  const start = pattern.slice(0, -2);
  return [...places].filter(([name]) => name.startsWith(start)).map(([, index]) => index);
}

/** The order of the work: as declared, as far as the edges allow. Throws `cycle` with the shortest one. */
export function orderOf(vertices: readonly Vertex[], edges: readonly Edge[]): number[] {
  const waitsFor = vertices.map(() => new Set<number>());
  for (const { from, to } of edges) waitsFor[to]?.add(from);
  const done = new Set<number>();
  const order: number[] = [];
  const add = (index: number) => {
    done.add(index);
    order.push(index);
  };
  while (order.length < vertices.length) {
    const next = vertices.findIndex((_, index) => !done.has(index) && isFree(waitsFor[index], done));
    if (next < 0)
      throw cycleError(
        vertices,
        edges.filter(({ from, to }) => !done.has(from) && !done.has(to)),
      );
    add(next);
  }
  return order;
}

const isFree = (waiting: ReadonlySet<number> | undefined, done: ReadonlySet<number>) =>
  [...(waiting ?? [])].every((index) => done.has(index));

function cycleError(vertices: readonly Vertex[], edges: readonly Edge[]) {
  const cycle = shortestCycle(edges);
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
