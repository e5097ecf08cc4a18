import { ProvisionError } from "../../../errors.ts";
import { type Act, readAct } from "../../../raid/acts/act.ts";
import type { ProbeReport } from "../../../raid/probes/probe.ts";
import type { World } from "../../../raid/world.ts";
import type { Shell } from "../../../transport/shell.ts";
import { fail } from "../../errors.ts";
import type { StepContext } from "../../step.ts";
import { askProbes } from "./ask-probes.ts";
import type { Depth, DiskSwapParts, Seams } from "./parts.ts";
import { realActs } from "./swap-acts.ts";
import { readWorld } from "./world.ts";

/** What a run holds in its hands; after a restart of the controller it begins empty, and is filled again as needed. */
export interface Swap {
  readonly parts: DiskSwapParts;
  readonly seams: Seams;
  shell: Shell | undefined;
  /** The act that was sent last: it goes on on the host even when its step was called off. */
  acting: Promise<unknown>;
}

export const createSwap = (parts: DiskSwapParts): Swap => ({
  parts,
  seams: { ...realSeams, ...parts.seams },
  shell: undefined,
  acting: Promise.resolve(),
});

const realSeams: Seams = {
  look: (shell, { depth, signal, bays }) => readWorld(shell, { depth, signal, bays }),
  probe: askProbes,
  perform: async (shell, act, signal) =>
    readAct(act, await shell.run({ script: act.script }, { signal, timeoutMs: act.limitMs })),
  acts: realActs,
};

const lostCodes: readonly string[] = ["ssh-lost", "ssh-busy"];

/** The connection broke: what ran over it may have ended, or not. */
export const isLost = (error: unknown) => error instanceof ProvisionError && lostCodes.includes(error.code);

async function shellOf(swap: Swap, { node, signal }: StepContext): Promise<Shell> {
  swap.shell ??= await swap.parts.connect(node, await swap.parts.hostKeys(node), signal);
  return swap.shell;
}

/** Lets go of the connection; the next use makes a new one. */
export async function hangUp(swap: Swap): Promise<void> {
  const { shell } = swap;
  swap.shell = undefined;
  await shell?.close().catch(() => {});
}

/** Never beside an act that is still on its way: an undo would look at what is just about to change. */
async function over<T>(swap: Swap, ctx: StepContext, work: (shell: Shell) => Promise<T>): Promise<T> {
  await swap.acting;
  const shell = await shellOf(swap, ctx);
  try {
    return await work(shell);
  } catch (error) {
    if (error instanceof ProvisionError && error.code.startsWith("ssh-")) await hangUp(swap);
    throw error;
  }
}

/** For what may be asked twice: connects again, once, when the connection was lost. */
async function asking<T>(swap: Swap, ctx: StepContext, work: (shell: Shell) => Promise<T>): Promise<T> {
  try {
    return await over(swap, ctx, work);
  } catch (error) {
    if (!isLost(error) || ctx.signal.aborted) throw error;
    ctx.line("the connection was lost; connecting again");
    return over(swap, ctx, work);
  }
}

/** How the host's disks are now. */
export function look(swap: Swap, ctx: StepContext, depth: Depth): Promise<World> {
  const { bays } = swap.parts.settings(ctx.node);
  return asking(swap, ctx, (shell) => swap.seams.look(shell, { depth, signal: ctx.signal, bays }));
}

/** What the host carries, and its backups. */
export function probe(swap: Swap, ctx: StepContext): Promise<readonly ProbeReport[]> {
  const { probes: settings } = swap.parts.settings(ctx.node);
  return asking(swap, ctx, (shell) => swap.seams.probe(shell, settings, ctx.signal));
}

/**
 * Sends one act; the lines that it printed. It is never sent again by itself: when the connection was lost, what it has
 * done is looked for first ({@link ensure}). @throws `ssh-lost`, the act's refusal, `act-failed`
 */
export function act(swap: Swap, ctx: StepContext, what: Act): Promise<readonly string[]> {
  ctx.signal.throwIfAborted();
  ctx.line(what.name);
  const done = over(swap, ctx, (shell) => {
    ctx.signal.throwIfAborted();
    // From here on it isn't broken off in the middle: it has a limit of its own.
    return swap.seams.perform(shell, what, new AbortController().signal);
  });
  swap.acting = done.catch(() => {});
  return done;
}

/** An act that only reads, or may be sent twice for another reason. */
export const repeatably = (swap: Swap, ctx: StepContext, what: Act): Promise<readonly string[]> =>
  asking(swap, ctx, (shell) => swap.seams.perform(shell, what, ctx.signal));

/** Something to be brought about, and how one sees that it is so. */
export interface Change {
  /** "md0 without the old disk": what should be seen. */
  readonly what: string;
  readonly depth: Depth;
  isSo(world: World): boolean;
  act(world: World): Act;
}

/** Looks; acts only if it isn't so yet; looks for the proof. Gives whether anything was done. @throws `swap-unproven` */
export async function ensure(swap: Swap, ctx: StepContext, change: Change): Promise<boolean> {
  for (let lost = false; ; lost = true) {
    const world = await look(swap, ctx, change.depth);
    if (change.isSo(world)) return lost;
    try {
      await act(swap, ctx, change.act(world));
      await proven(swap, ctx, change);
      return true;
    } catch (error) {
      if (lost || !isLost(error)) throw error;
      ctx.line("the connection was lost; looking at what was done");
    }
  }
}

/** Waits until it can be seen. @throws `swap-unproven` */
export async function proven(swap: Swap, ctx: StepContext, { what, depth, isSo }: Omit<Change, "act">): Promise<void> {
  const { settleMs, settlePollMs } = swap.parts.times;
  const endMs = ctx.clock.monotonicMs() + settleMs;
  while (!isSo(await look(swap, ctx, depth))) {
    if (ctx.clock.monotonicMs() >= endMs) throw fail("swap-unproven", { node: ctx.node, what, waitedMs: settleMs });
    await ctx.clock.sleep(settlePollMs, ctx.signal);
  }
}
