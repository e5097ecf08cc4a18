import test from "ava";
import { createFakeClock } from "../../src/clock.ts";
import { ProvisionError } from "../../src/errors.ts";
import { type ConvergeParts, type ConvergeSession, createConverge } from "../../src/lifecycle/operations/converge.ts";
import { createWorld, openStory, pass } from "./story.ts";

/** A host on which so many changes are left; each apply makes `applies` of them. */
function fakeHost(left: number, applies = left) {
  const did: string[] = [];
  const session: ConvergeSession = {
    plan: async () => {
      did.push(`plan ${left}`);
      return {
        changes: left,
        left,
        summary: `${left} to change`,
        apply: async (watch) => {
          did.push("apply");
          watch.progress(applies, left);
          left -= applies;
        },
      };
    },
    verify: async () => [{ name: "HIT", evidence: "X-Cache: HIT" }],
    close: async () => void did.push("close"),
  };
  return { did, session };
}

const cases: readonly {
  readonly story: string;
  readonly host: ReturnType<typeof fakeHost>;
  readonly change?: Partial<ConvergeSession>;
  readonly code?: string;
  readonly did: readonly string[];
  readonly steps: string;
}[] = [
  {
    story: "changes are made, read again and verified",
    host: fakeHost(3),
    did: ["plan 3", "apply", "plan 0", "close"],
    steps: "done done done done done",
  },
  {
    story: "nothing is left: nothing is applied",
    host: fakeHost(0),
    did: ["plan 0", "close"],
    steps: "done done skipped skipped done",
  },
  {
    story: "changes come back",
    host: fakeHost(3, 1),
    code: "not-converged",
    did: ["plan 3", "apply", "plan 2", "close"],
    steps: "done done done failed pending",
  },
  {
    story: "a check fails",
    host: fakeHost(0),
    change: {
      verify: () =>
        Promise.reject(
          new ProvisionError({ code: "verify-failed", message: "no HIT", hint: "h", fault: "machine", retry: false }),
        ),
    },
    code: "verify-failed",
    did: ["plan 0", "close"],
    steps: "done done skipped skipped failed",
  },
];

for (const { story: name, host, change, code, did, steps } of cases) {
  test(`converge: ${name}`, async (t) => {
    const clock = createFakeClock();
    const seen: unknown[] = [];
    const parts: ConvergeParts = {
      connect: async (node, keys) => {
        seen.push([node, keys]);
        return { ...host.session, ...change };
      },
      hostKeys: async () => ["ssh-ed25519 pinned"],
      applyMs: 60_000,
    };
    const story = await openStory({ clock, world: createWorld(), operations: { converge: createConverge(parts) } });
    await story.lifecycle.setPaused("web01", { paused: false, by: "ann" });
    await story.database.tables<{ nodes: { phase: string } }>().updateTable("nodes").set({ phase: "ready" }).execute();
    const operation = await story.lifecycle.begin("web01", "converge", { by: "ann" });
    await pass(clock, 1000);
    const outcome = await operation.finished;
    t.is(outcome.error?.code, code);
    const status = await story.lifecycle.status("web01");
    t.is(status?.node.phase, code ? "ready" : "active");
    t.is(status?.operation?.steps.map((step) => step.state).join(" "), steps);
    t.deepEqual(host.did, did);
    t.deepEqual(seen, [["web01", ["ssh-ed25519 pinned"]]]);
  });
}
