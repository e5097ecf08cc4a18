import test from "ava";
import type { ConvergeRequest, ProvisionResult } from "../../src/app/controller.ts";
import { type FleetEvent, runRollout } from "../../src/app/rollout.ts";
import { createFakeClock } from "../../src/clock.ts";
import { fail } from "../../src/converge/errors.ts";
import type { FleetNode } from "../../src/converge/limit.ts";
import { type Rollout, tracksOf } from "../../src/converge/rollout-policy.ts";
import { createFakeController, instant } from "../api/fake-controller.ts";
import { remoteOf } from "../api/served.ts";

type Deed = (request: ConvergeRequest) => Promise<boolean>;

const nodes: FleetNode[] = ["n1", "n2", "n3", "n4"].map((name) => ({
  name,
  roles: ["app"],
  groups: [],
  rack: undefined,
}));
const verifyFailed = (host: string) => fail("verify-failed", { host, failed: ["the page says 200"] });

/** A controller whose nodes do as told: true for a change; everything that it is asked is written down. */
function fakeFleet(deed: Deed) {
  const log: string[] = [];
  const converge = async (request: ConvergeRequest): Promise<ProvisionResult> => {
    log.push(`+${request.node}`);
    try {
      return { node: request.node, changed: await deed(request), operations: [], proofs: [] };
    } finally {
      log.push(`-${request.node}`);
    }
  };
  return { log, controller: { converge } };
}

function roll(deed: Deed, rollout: Rollout | undefined, bound = 10) {
  const { log, controller } = fakeFleet(deed);
  const events: FleetEvent[] = [];
  const stop = new AbortController();
  const tracks = tracksOf({ nodes, fleet: nodes, rollouts: new Map(rollout ? [["app", rollout]] : []) });
  const reports = runRollout({
    ...{ controller, tracks, bound, clock: createFakeClock(), signal: stop.signal },
    request: { by: "ada@ops", only: "type=file", set: ["app.port=80"] },
    onEvent: (event) => events.push(event),
  });
  return { log, events, stop, reports };
}

const later = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

for (const [says, deed, rollout, outcomes, order] of [
  [
    "one at a time",
    async ({ node }: ConvergeRequest) => node !== "n2",
    { serial: 1 },
    "n1 changed, n2 unchanged, n3 changed, n4 changed",
    "+n1 -n1 +n2 -n2 +n3 -n3 +n4 -n4",
  ],
  [
    "the second isn't touched when the first isn't verified",
    ({ node }: ConvergeRequest) => Promise.reject(verifyFailed(node)),
    { serial: 1 },
    "n1 unverified verify-failed, n2 withheld rollout-stopped, n3 withheld rollout-stopped, n4 withheld rollout-stopped",
    "+n1 -n1",
  ],
  [
    "a defect is a failure as any other",
    async ({ node }: ConvergeRequest) => {
      if (node === "n2") throw new TypeError("oh");
      return true;
    },
    { serial: 1 },
    "n1 changed, n2 failed defect, n3 withheld rollout-stopped, n4 withheld rollout-stopped",
    "+n1 -n1 +n2 -n2",
  ],
  [
    "a canary, then the others together",
    async () => true,
    { canary: 1 },
    "n1 changed, n2 changed, n3 changed, n4 changed",
    "+n1 -n1 +n2 +n3 +n4 -n2 -n3 -n4",
  ],
] as const) {
  test(`rolls out: ${says}`, async (t) => {
    const { reports, log } = roll(deed, rollout);
    const said = (await reports).map(({ node, outcome, error }) =>
      [node, outcome, error?.code].filter(Boolean).join(" "),
    );
    t.is(said.join(", "), outcomes);
    t.is(log.join(" "), order);
  });
}

test("the wishes of the run reach every node", async (t) => {
  const asked: ConvergeRequest[] = [];
  await roll(async (request) => asked.push(request) > 0, {}).reports;
  t.deepEqual(
    asked,
    nodes.map(({ name }) => ({ node: name, by: "ada@ops", only: "type=file", set: ["app.port=80"] })),
  );
});

test("no more than the bound at once", async (t) => {
  let running = 0;
  let most = 0;
  const deed = async () => {
    most = Math.max(most, ++running);
    await later();
    running--;
    return true;
  };
  await roll(deed, undefined, 3).reports;
  t.is(most, 3);
});

test("an interrupted run lets who runs end, begins nobody, and says so", async (t) => {
  const gate = Promise.withResolvers<boolean>();
  const { reports, stop, log, events } = roll(() => gate.promise, { serial: 2 });
  await later();
  stop.abort(new Error("Ctrl-C"));
  gate.resolve(true);
  const said = await reports;
  t.is(log.join(" "), "+n1 +n2 -n1 -n2");
  t.deepEqual(
    said.map(({ outcome }) => outcome),
    ["changed", "changed", "withheld", "withheld"],
  );
  t.true(said.at(-1)?.error?.message.includes("interrupted"));
  t.is(events.filter(({ kind }) => kind === "settled").length, 4);
});

test("aborted before it began: nobody is touched", async (t) => {
  const { log, controller } = fakeFleet(async () => true);
  const tracks = tracksOf({ nodes, fleet: nodes, rollouts: new Map() });
  const signal = AbortSignal.abort();
  const about = { controller, tracks, bound: 2, clock: createFakeClock(), signal, onEvent: () => {} };
  const said = await runRollout({ ...about, request: { by: "ada" } });
  t.deepEqual([said.length, log], [4, []]);
});

test("through the daemon too: each node a stream of its own, and the changes are counted", async (t) => {
  const applying = { at: instant, node: "n1", operationId: 1, elapsedMs: 5, step: "apply", unit: "resources" } as const;
  const served = createFakeController(async (watch) => {
    watch({ ...applying, kind: "progress", done: 1, total: 2 });
    watch({ ...applying, kind: "progress", done: 2, total: 2 });
    return { node: "n1", changed: true, operations: [], proofs: [] };
  });
  const controller = await remoteOf(t, served);
  const tracks = tracksOf({ nodes, fleet: nodes, rollouts: new Map([["app", { serial: 2 }]]) });
  const said = await runRollout({
    ...{ controller, tracks, bound: 10, clock: createFakeClock(), signal: new AbortController().signal },
    request: { by: "ada", only: "role=app" },
    onEvent: () => {},
  });
  t.deepEqual(
    said.map(({ node, outcome, changes }) => `${node} ${outcome} ${changes}`),
    nodes.map(({ name }) => `${name} changed 2`),
  );
  t.like(served.asked.find(([verb]) => verb === "converge")?.[1], { by: "ada", only: "role=app" });
});
