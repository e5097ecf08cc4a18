import test from "ava";
import { answerBootstrap } from "../../src/converge/bootstrap.ts";
import type { FleetNode } from "../../src/converge/limit.ts";
import { newRollout, type RolloutEvent, type RolloutState, step } from "../../src/converge/rollout.ts";
import { type Rollout, type Track, tracksOf } from "../../src/converge/rollout-policy.ts";
import { ProvisionError } from "../../src/errors.ts";

const node = (name: string, ...roles: string[]): FleetNode => ({ name, roles, groups: [], rack: undefined });
const count = (prefix: string, many: number, ...roles: string[]) =>
  Array.from({ length: many }, (_, at) => node(`${prefix}${at + 1}`, ...roles));

/** Tracks as a person reads them: `a!` is a canary's wave, `a b` one wave, `|` the next wave, `//` another track. */
const shown = (tracks: readonly Track[]) =>
  tracks.map(({ waves }) => waves.map(({ nodes, canary }) => nodes.join(" ") + (canary ? "!" : "")).join(" | "));

const plan = (rollouts: Record<string, Rollout>, nodes: readonly FleetNode[], fleet = nodes) =>
  tracksOf({ nodes, fleet, rollouts: new Map(Object.entries(rollouts)) });

const five = count("n", 5, "app");

for (const [says, rollouts, nodes, expected] of [
  ["without a policy each node goes by itself", {}, count("n", 2, "app"), ["n1", "n2"]],
  ["a policy that says nothing: all at once", { app: {} }, five, ["n1 n2 n3 n4 n5"]],
  ["one at a time", { app: { serial: 1 } }, count("n", 3, "app"), ["n1 | n2 | n3"]],
  ["a canary, then the rest", { app: { canary: 1 } }, five, ["n1! | n2 n3 n4 n5"]],
  ["a canary, then two at a time", { app: { canary: 1, serial: 2 } }, five, ["n1! | n2 n3 | n4 n5"]],
  [
    "a canary of three still goes one at a time",
    { app: { canary: 3, serial: 1 } },
    five,
    ["n1! | n2! | n3! | n4 | n5"],
  ],
  ["a canary larger than the run", { app: { canary: 9 } }, count("n", 2, "app"), ["n1 n2!"]],
  ["a share, rounded down", { app: { serial: "50%" } }, five, ["n1 n2 | n3 n4 | n5"]],
  ["a share of few is one", { app: { serial: "10%" } }, count("n", 3, "app"), ["n1 | n2 | n3"]],
  ["of two roles the stricter", { app: { serial: 4 }, db: { serial: 2 } }, count("n", 3, "app", "db"), ["n1 n2 | n3"]],
  [
    "roles that share no node don't meet",
    { app: { serial: 1 }, db: {} },
    [node("a", "app"), node("b", "db"), node("c", "app")],
    ["a | c", "b"],
  ],
  [
    "roles that share a node go together",
    { app: { serial: 1 }, db: {} },
    [node("a", "app"), node("b", "db"), node("c", "app", "db")],
    ["a | b | c"],
  ],
  ["whoever makes a cluster goes first and alone", { db: { bootstrap: "once" } }, count("n", 3, "db"), ["n1! | n2 n3"]],
] as const) {
  test(`waves: ${says}`, (t) => t.deepEqual(shown(plan(rollouts, nodes)), [...expected]));
}

test("nobody joins a cluster that isn't proven: bootstrap needs the gate", (t) => {
  const gateOf = (rollout: Rollout) => plan({ db: rollout }, count("n", 2, "db"))[0]?.policy.gate;
  t.is(gateOf({ gate: "none" }), "none");
  t.is(gateOf({ gate: "none", bootstrap: "once" }), "verify");
});

test("a share is counted of all nodes of the role, not of those of this run", (t) => {
  const fleet = [...count("n", 8, "app"), node("other", "db")];
  t.deepEqual(shown(plan({ app: { serial: "50%" } }, fleet.slice(0, 5), fleet)), ["n1 n2 n3 n4 | n5"]);
});

for (const [rollout, said] of [
  [{ serial: 0 }, "serial is 0"],
  [{ serial: 1.5 }, "serial is 1.5"],
  [{ serial: "0%" }, "serial is 0%"],
  [{ serial: "250%" }, "serial is 250%"],
  [{ canary: -1 }, "canary is -1"],
  [{ abortAfter: 0 }, "abortAfter is 0"],
] as const) {
  test(`a policy that can't be: ${JSON.stringify(rollout)}`, (t) => {
    const error = t.throws(() => plan({ app: rollout }, five), { instanceOf: ProvisionError, code: "rollout-unfit" });
    t.true(error?.message.includes(said), error?.message);
  });
}

/** Plays a story: `n1 done` settles a node, `stop` interrupts; returns what came out of each line. */
function play(tracks: readonly Track[], bound: number, lines: readonly string[]): string[] {
  let state: RolloutState = newRollout(tracks, bound);
  const told = (event: RolloutEvent) => {
    const [next, effects] = step(state, event);
    state = next;
    return effects
      .map((effect) => {
        if (effect.kind === "begin") return `+${effect.node}`;
        return effect.kind === "over" ? "over" : `-${effect.nodes.join(",")} (${effect.because})`;
      })
      .join(" ");
  };
  const first = told({ kind: "start" });
  return [
    first,
    ...lines.map((line) => {
      const [name = "", outcome = ""] = line.split(" ");
      if (line === "stop") return told({ kind: "interrupted" });
      return told({ kind: "settled", node: name, outcome: outcome as "done" | "failed" | "unverified" });
    }),
  ];
}

for (const [says, rollouts, nodes, lines, expected, bound = 10] of [
  [
    "one at a time: the next begins when the one before is verified",
    { app: { serial: 1 } },
    count("n", 3, "app"),
    ["n1 done", "n2 done", "n3 done"],
    ["+n1", "+n2", "+n3", "over"],
  ],
  [
    "a failure stops it, and what wasn't begun is named",
    { app: { serial: 1 } },
    count("n", 3, "app"),
    ["n1 failed"],
    ["+n1", "-n2,n3 (n1 failed) over"],
  ],
  [
    "a node that isn't verified stops it too",
    { app: { serial: 1 } },
    count("n", 2, "app"),
    ["n1 unverified"],
    ["+n1", "-n2 (n1 failed) over"],
  ],
  [
    "without a gate it doesn't",
    { app: { serial: 1, gate: "none" } },
    count("n", 2, "app"),
    ["n1 unverified", "n2 done"],
    ["+n1", "+n2", "over"],
  ],
  [
    "without a gate a failed apply still does",
    { app: { serial: 1, gate: "none" } },
    count("n", 2, "app"),
    ["n1 failed"],
    ["+n1", "-n2 (n1 failed) over"],
  ],
  [
    "a wave ends when all of it has",
    { app: { serial: 2 } },
    count("n", 3, "app"),
    ["n2 done", "n1 done", "n3 done"],
    ["+n1 +n2", "", "+n3", "over"],
  ],
  [
    "abortAfter 2 bears one failure",
    { app: { serial: 1, abortAfter: 2 } },
    count("n", 4, "app"),
    ["n1 failed", "n2 done", "n3 failed"],
    ["+n1", "+n2", "+n3", "-n4 (n1, n3 failed) over"],
  ],
  [
    "but not of a canary",
    { app: { serial: 1, canary: 1, abortAfter: 2 } },
    count("n", 3, "app"),
    ["n1 failed"],
    ["+n1", "-n2,n3 (n1 went first and failed) over"],
  ],
  [
    "who runs already is let finish",
    { app: { serial: 3 } },
    count("n", 4, "app"),
    ["n2 failed", "n1 done", "n3 done"],
    ["+n1 +n2 +n3", "-n4 (n2 failed)", "", "over"],
  ],
  [
    "another track goes on",
    { app: { serial: 1 }, db: { serial: 1 } },
    [node("a1", "app"), node("b1", "db"), node("a2", "app"), node("b2", "db")],
    ["a1 failed", "b1 done", "b2 done"],
    ["+a1 +b1", "-a2 (a1 failed)", "+b2", "over"],
  ],
  [
    "a node without a policy fails alone",
    {},
    count("n", 3, "app"),
    ["n1 failed", "n2 done"],
    ["+n1 +n2", "+n3", ""],
    2,
  ],
  [
    "no more than the bound run at once",
    { app: {} },
    count("n", 4, "app"),
    ["n1 done", "n2 done", "n3 done", "n4 done"],
    ["+n1 +n2", "+n3", "+n4", "", "over"],
    2,
  ],
  [
    "within a wave that the bound holds back a failure stops the rest",
    { app: {} },
    count("n", 4, "app"),
    ["n1 failed", "n2 done"],
    ["+n1 +n2", "-n3,n4 (n1 failed)", "over"],
    2,
  ],
  [
    "an interrupted run begins nobody, and waits for who runs",
    { app: { serial: 1 } },
    count("n", 3, "app"),
    ["stop", "stop", "n1 done", "n1 done"],
    ["+n1", "-n2,n3 (the run was interrupted)", "", "over", ""],
  ],
  ["a node that doesn't run can't end", { app: { serial: 1 } }, count("n", 2, "app"), ["n2 done"], ["+n1", ""]],
  ["nobody at all is over at once", {}, [], [], ["over"]],
] as const) {
  test(`rollout: ${says}`, (t) => t.deepEqual(play(plan(rollouts, nodes), bound, lines), [...expected]));
}

const bearers = ["db1", "db2", "db3"];

for (const [says, question, expected] of [
  ["the very first run begins it on the first node", { node: "db1" }, "bootstrap, recorded"],
  ["and on no other", { node: "db2" }, "wait for db1"],
  ["after a crash the same node begins again", { node: "db1", armed: "db1" }, "bootstrap"],
  ["and no other does", { node: "db2", armed: "db1" }, "wait for db1, begun"],
  [
    "a node that was put before it in the inventory doesn't",
    { node: "db0", bearers: ["db0", ...bearers], armed: "db1" },
    "wait for db1, begun",
  ],
  [
    "an armed node that left the inventory still holds it",
    { node: "db2", bearers: ["db2", "db3"], armed: "db1" },
    "wait for db1, begun",
  ],
  ["once it is verified the others join", { node: "db2", armed: "db1", verified: ["db1"] }, "join"],
  ["and it never begins again", { node: "db1", armed: "db1", verified: ["db1"] }, "join"],
  ["nor when its disks were erased since and another lives", { node: "db1", armed: "db1", verified: ["db2"] }, "join"],
  ["a cluster from before this policy is joined", { node: "db1", verified: ["db3"] }, "join"],
] as const) {
  test(`bootstrap: ${says}`, (t) => {
    const answer = answerBootstrap({ bearers, armed: undefined, verified: [], ...question });
    const words = {
      bootstrap: () => `bootstrap${answer.kind === "bootstrap" && answer.record ? ", recorded" : ""}`,
      join: () => "join",
      wait: () => (answer.kind === "wait" ? `wait for ${answer.first}${answer.begun ? ", begun" : ""}` : ""),
    };
    t.is(words[answer.kind](), expected);
  });
}
