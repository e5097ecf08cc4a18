import test from "ava";
import fc from "fast-check";
import { type Edge, edgesOf, orderOf, type Vertex } from "../../src/converge/graph.ts";

const vertex = (title: string, auto: readonly string[] = []): Vertex => ({
  resource: { type: "file", title, properties: {}, relations: {}, declared: { file: "role.ts" } },
  auto,
});

/** The rule in its plainest form: again and again the first declared one that waits for nobody. */
function plainOrder(count: number, edges: readonly Edge[]): number[] {
  const order: number[] = [];
  while (order.length < count) {
    const isFree = (one: number) => edges.every(({ from, to }) => to !== one || order.includes(from));
    order.push(Array.from({ length: count }, (_, one) => one).find((one) => !order.includes(one) && isFree(one)) ?? -1);
  }
  return order;
}

test("any edges without a cycle keep the order of declaration as far as they allow", (t) => {
  const pairs = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 30 });
  fc.assert(
    fc.property(fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 }), pairs, (ranks, given) => {
      // Edges that climb in a shuffled ranking can't make a cycle, and point both ways in the order of declaration.
      const edges = given
        .filter(([from, to]) => (ranks[from] ?? 0) < (ranks[to] ?? 0))
        .map(([from, to]): Edge => ({ from, to, kind: "require" }));
      const vertices = ranks.map((_, index) => vertex(`/f${index}`));
      t.deepEqual(orderOf(vertices, edges), plainOrder(vertices.length, edges));
    }),
    { numRuns: 300 },
  );
});

test("each of many resources that wait for a star waits for everything under it", (t) => {
  const vertices = [
    vertex("/etc/apt/a"),
    vertex("/srv/x", ["file[/etc/apt/*]"]),
    vertex("/etc/apt/b", ["file[/etc/apt/*]"]),
  ];
  const edges = edgesOf(vertices).map(({ from, to }) => `${from}→${to}`);
  t.deepEqual(edges, ["0→1", "2→1", "0→2"]);
  t.deepEqual(orderOf(vertices, edgesOf(vertices)), [0, 2, 1]);
});

test("a long chain that is declared backwards is ordered in time by its length", (t) => {
  const count = 20_000;
  const vertices = Array.from({ length: count }, (_, index) => vertex(`/f${index}`));
  const edges = vertices.slice(1).map((_, index): Edge => ({ from: index + 1, to: index, kind: "require" }));
  const startedMs = performance.now();
  t.is(orderOf(vertices, edges)[0], count - 1);
  t.true(performance.now() - startedMs < 2000);
});
