import test from "ava";
import { act, createSwap, look } from "../../../src/lifecycle/operations/diskswap/hands.ts";
import type { DiskSwapParts } from "../../../src/lifecycle/operations/diskswap/parts.ts";
import type { StepContext } from "../../../src/lifecycle/step.ts";
import type { Act } from "../../../src/raid/acts/act.ts";
import type { World } from "../../../src/raid/world.ts";
import type { Shell } from "../../../src/transport/shell.ts";

const failing: Act = { name: "failing a member", script: "", limitMs: 1000 };

/** A host that notes what it is asked, and whose act ends when it is told to. */
function host() {
  const said: string[] = [];
  const ended = Promise.withResolvers<readonly string[]>();
  const connected = Promise.withResolvers<Shell>();
  const parts = {
    ...{ hostKeys: async () => [], settings: () => ({ bays: [], probes: { backups: [] } }) },
    connect: () => connected.promise,
    seams: {
      look: async () => {
        said.push("look");
        return {} as World;
      },
      perform: (_shell, { name }, signal) => {
        said.push(name);
        signal.addEventListener("abort", () => ended.reject(signal.reason));
        return ended.promise.finally(() => said.push("it ended"));
      },
    },
  } as Partial<DiskSwapParts> as DiskSwapParts;
  return { said, swap: createSwap(parts), connect: () => connected.resolve({} as Shell), end: () => ended.resolve([]) };
}

const context = (signal: AbortSignal) =>
  ({ node: "web01", signal, line: () => {} }) as Partial<StepContext> as StepContext;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("called off in the middle of an act: what undoes it looks only when the act has ended", async (t) => {
  const { said, swap, connect, end } = host();
  const called = new AbortController();
  connect();
  const acting = act(swap, context(called.signal), failing);
  await turn();
  called.abort(new Error("called off"));
  const looking = look(swap, context(new AbortController().signal), "arrays");
  await turn();
  t.deepEqual(said, ["failing a member"]);
  end();
  await Promise.all([acting, looking]);
  t.deepEqual(said, ["failing a member", "it ended", "look"]);
});

test("called off before an act is sent: it never is", async (t) => {
  const { said, swap, connect } = host();
  const called = new AbortController();
  const acting = act(swap, context(called.signal), failing);
  called.abort(new Error("called off"));
  connect();
  await t.throwsAsync(acting, { message: "called off" });
  await look(swap, context(new AbortController().signal), "arrays");
  t.deepEqual(said, ["look"]);
});
