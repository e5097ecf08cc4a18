import type { Pool } from "../../../disks.ts";
import { toRecord } from "../../../errors.ts";
import { otherPlaces } from "../../../raid/keepers/find-member.ts";
import { hasMoved, isFilled, isWholeWith, memberWith, poolIn } from "../../../raid/keepers/member-progress.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, repeatably, type Swap } from "./hands.ts";
import { keeperStallQuestion } from "./keeper-questions.ts";
import { keeperStepsOf, keptOf } from "./keeper-request.ts";
import { newSerialOf } from "./memory.ts";
import { lostRetries } from "./retries.ts";
import { quietly } from "./until.ts";

/** Until its keeper calls the pool well, with the new disk in it. The host rebuilds by itself: a broken connection harms nothing. */
export const keeperRebuild = (swap: Swap): StepDefinition => ({
  name: "keeper-rebuild",
  label: "Watch the rebuild",
  idempotent: true,
  deadlineMs: swap.parts.times.rebuildMs,
  expectedMs: 3_600_000,
  retries: lostRetries,
  run: async (ctx) => {
    await watch(swap, ctx);
    return undefined;
  },
});

interface Watching {
  last: Pool | undefined;
  movedMs: number;
  told: string;
  /** How often what is left to be done afterwards was begun: more than a few times is no progress. */
  begun: number;
}

const beginsAtMost = 3;

async function watch(swap: Swap, ctx: StepContext): Promise<void> {
  const { clock } = ctx;
  const { rebuildPollMs, stallMs } = swap.parts.times;
  const state: Watching = { last: undefined, movedMs: clock.monotonicMs(), told: "", begun: 0 };
  for (;;) {
    const pool = await poolNow(swap, ctx);
    if (pool) {
      if (isWholeWith(pool, newSerialOf(ctx))) return tell(ctx, pool, state);
      refuseLost(ctx, pool);
      if (!state.last || hasMoved(state.last, pool)) state.movedMs = clock.monotonicMs();
      state.last = pool;
      tell(ctx, pool, state);
      if (isFilled(pool, newSerialOf(ctx)) && (await finishes(swap, ctx, state))) state.movedMs = clock.monotonicMs();
    }
    if (clock.monotonicMs() - state.movedMs >= stallMs) await stalled(swap, ctx, state);
    await clock.sleep(rebuildPollMs, ctx.signal);
  }
}

/** A host, or a pool, that doesn't answer for a moment is waited for. The worst of a controller's volumes on the same disks. */
async function poolNow(swap: Swap, ctx: StepContext): Promise<Pool | undefined> {
  const world = await quietly(ctx, () => look(swap, ctx, "pools"));
  return world && worstOf(world, ctx);
}

function worstOf(world: World, ctx: StepContext): Pool | undefined {
  const now = poolIn(world, keptOf(ctx).pool);
  const member = now && memberWith(now, newSerialOf(ctx));
  if (!now || !member) return now;
  const all = [now, ...otherPlaces(world, { pool: now, member }).map(({ pool }) => pool)];
  return all.find(({ state }) => state !== "ok") ?? now;
}

/** What no waiting helps: its keeper gave the new disk up, or forgot it. */
function refuseLost(ctx: StepContext, pool: Pool): void {
  const serial = newSerialOf(ctx);
  const state = memberWith(pool, serial)?.state;
  if (state === undefined) throw fail("swap-new-disk-lost", { node: ctx.node, serial });
  if (state === "failed" || state === "missing")
    throw fail("swap-rebuild-failed", { node: ctx.node, serial, array: pool.name });
}

function tell(ctx: StepContext, pool: Pool, state: Watching): void {
  const isDone = isWholeWith(pool, newSerialOf(ctx));
  const done = isDone || isFilled(pool, newSerialOf(ctx)) ? 1 : (pool.rebuild?.completed ?? 0);
  ctx.progress(Math.floor(done * 100), 100, "percent");
  const text = isDone ? "" : lineOf(pool);
  if (text !== "" && text !== state.told) ctx.line(text);
  state.told = text;
}

function lineOf({ name, said, rebuild }: Pool): string {
  const share = rebuild?.completed === undefined ? "" : `, ${Math.floor(rebuild.completed * 100)} %`;
  const left = rebuild?.remainingSeconds;
  return `${name}: ${said}${share}${left === undefined ? "" : `, about ${Math.ceil(left / 60)} min left`}`;
}

/** It is filled, and not well yet: what is to be done behind the filling. Does anything come of it? */
async function finishes(swap: Swap, ctx: StepContext, state: Watching): Promise<boolean> {
  if (state.begun >= beginsAtMost) return false;
  let moves = false;
  for (const one of keeperStepsOf(ctx).finish) {
    try {
      const lines = await repeatably(swap, ctx, one);
      if (lines.some((line) => /^balancing ./.test(line))) state.begun += 1;
      if (lines.some((line) => line.startsWith("balancing"))) moves = true;
    } catch (error) {
      ctx.signal.throwIfAborted();
      ctx.line(toRecord(error).message);
    }
  }
  return moves;
}

/** An alarm, and then it is somebody's turn; it goes on by itself as soon as something moves. */
async function stalled(swap: Swap, ctx: StepContext, state: Watching): Promise<void> {
  const { stallMs, rebuildPollMs: pollMs } = swap.parts.times;
  const words = state.last ? lineOf(state.last) : "the host, or its pool, doesn't answer";
  await ctx.note(`ALARM: the rebuild hasn't moved for ${Math.round(stallMs / 60_000)} minutes: ${words}`);
  const moves = async () => {
    const pool = await poolNow(swap, ctx);
    return pool && (!state.last || hasMoved(state.last, pool)) ? true : undefined;
  };
  await ctx.hold(keeperStallQuestion(keptOf(ctx), words, stallMs), { pollMs, look: moves });
  state.movedMs = ctx.clock.monotonicMs();
  state.begun = 0;
}
