import { fail } from "../errors.ts";
import type { OperationDefinition, StepContext, StepDefinition } from "../step.ts";

/** A plan as lifecycle needs it: how much it changes, and how to carry it out. */
export interface ConvergePlan {
  readonly changes: number;
  /** Of these, what a second plan must not find again; commands without a guard always run. */
  readonly left: number;
  /** One line, such as "12 to create, 3 to change". */
  readonly summary: string;
  /** Throws with the resource that failed. */
  apply(watch: ConvergeWatch): Promise<void>;
}

export interface ConvergeWatch {
  readonly signal: AbortSignal;
  line(text: string): void;
  progress(done: number, total: number): void;
}

export interface ConvergeProof {
  readonly name: string;
  readonly evidence: string;
}

/** One connection to the node, over its pinned host key. */
export interface ConvergeSession {
  plan(signal: AbortSignal): Promise<ConvergePlan>;
  /** What shows that the roles work; throws with the check that failed. */
  verify(signal: AbortSignal): Promise<readonly ConvergeProof[]>;
  close(): Promise<void>;
}

/** What was asked for with this run, as the operation's parameters have it. */
export interface ConvergeCall {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Who asked: `ada@ops1`. */
  readonly by: string;
  /** Which installation of the node this is. */
  readonly generation: number;
  readonly signal: AbortSignal;
}

export interface ConvergeParts {
  connect(node: string, hostKeys: readonly string[], call: ConvergeCall): Promise<ConvergeSession>;
  /** The node's pinned host keys. */
  hostKeys(node: string): Promise<readonly string[]>;
  readonly applyMs: number;
}

/** What a run holds in its hands; after a restart of the controller it begins empty, and is filled again as needed. */
interface Hands {
  session: ConvergeSession | undefined;
  plan: ConvergePlan | undefined;
}

/** From a system that answers to one that does its work: plan, apply, read again, verify. Every step can be repeated. */
export function createConverge(parts: ConvergeParts): OperationDefinition {
  return () => {
    const hands: Hands = { session: undefined, plan: undefined };
    return [connect(parts, hands), plan(parts, hands), apply(parts, hands), reread(parts, hands), verify(parts, hands)];
  };
}

async function sessionOf(parts: ConvergeParts, hands: Hands, ctx: StepContext): Promise<ConvergeSession> {
  hands.session ??= await parts.connect(ctx.node, await parts.hostKeys(ctx.node), ctx);
  return hands.session;
}

async function closeSession(hands: Hands): Promise<void> {
  const { session } = hands;
  hands.session = undefined;
  await session?.close();
}

const connect = (parts: ConvergeParts, hands: Hands): StepDefinition => ({
  name: "connect",
  label: "Connect over SSH",
  idempotent: true,
  deadlineMs: 120_000,
  expectedMs: 2000,
  retries: { times: 3, backoffMs: 2000 },
  run: async (ctx) => {
    await sessionOf(parts, hands, ctx);
    return undefined;
  },
  undo: () => closeSession(hands),
});

const plan = (parts: ConvergeParts, hands: Hands): StepDefinition => ({
  name: "plan",
  label: "Compare it with its roles",
  idempotent: true,
  deadlineMs: 300_000,
  expectedMs: 5000,
  run: async (ctx) => {
    hands.plan = await (await sessionOf(parts, hands, ctx)).plan(ctx.signal);
    await ctx.memory.set("changes", hands.plan.changes);
    ctx.line(hands.plan.summary);
    return undefined;
  },
});

const apply = (parts: ConvergeParts, hands: Hands): StepDefinition => ({
  name: "apply",
  label: "Apply the changes",
  idempotent: true,
  deadlineMs: parts.applyMs,
  expectedMs: 60_000,
  run: async (ctx) => {
    hands.plan ??= await (await sessionOf(parts, hands, ctx)).plan(ctx.signal);
    if (hands.plan.changes === 0) return { skipped: "nothing to change" };
    await hands.plan.apply({ signal: ctx.signal, line: ctx.line, progress: ctx.progress });
    return undefined;
  },
});

const reread = (parts: ConvergeParts, hands: Hands): StepDefinition => ({
  name: "re-read",
  label: "Read again that nothing is left",
  idempotent: true,
  deadlineMs: 300_000,
  expectedMs: 5000,
  run: async (ctx) => {
    if (ctx.memory.get("changes") === 0) return { skipped: "nothing was changed" };
    const { left } = await (await sessionOf(parts, hands, ctx)).plan(ctx.signal);
    if (left > 0) throw fail("not-converged", { node: ctx.node, left });
    return undefined;
  },
});

const verify = (parts: ConvergeParts, hands: Hands): StepDefinition => ({
  name: "verify",
  label: "Prove that it works",
  idempotent: true,
  deadlineMs: 300_000,
  expectedMs: 3000,
  run: async (ctx) => {
    const proofs = await (await sessionOf(parts, hands, ctx)).verify(ctx.signal);
    for (const { name, evidence } of proofs) ctx.line(`${name}: ${evidence}`);
    await closeSession(hands);
    return undefined;
  },
});
