import type { RaidArray } from "../../../disks.ts";
import { arrayOf, isAddedTo, isPresent, isRebuilt } from "../../../raid/progress.ts";
import { isRebuilt as isArrayRebuilt, isSyncing, movedSince, rebuildProgress } from "../../../raid/rebuild.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, type Swap } from "./hands.ts";
import { newSerialOf, planOf } from "./memory.ts";
import { stallQuestion } from "./questions.ts";
import { lostRetries } from "./retries.ts";
import { quietly } from "./until.ts";

/** Until every array is whole by F9's condition. The host rebuilds by itself: a connection that breaks harms nothing. */
export const rebuild = (swap: Swap): StepDefinition => ({
  name: "rebuild",
  label: "Watch the rebuild",
  idempotent: true,
  deadlineMs: swap.parts.times.rebuildMs,
  expectedMs: 3_600_000,
  retries: lostRetries,
  run: async (ctx) => {
    await watch(swap, ctx, planOf(ctx), newSerialOf(ctx));
    return undefined;
  },
});

interface Watching {
  last: World | undefined;
  movedMs: number;
  told: string;
}

async function watch(swap: Swap, ctx: StepContext, plan: SwapPlan, serial: string): Promise<void> {
  const { clock } = ctx;
  const { rebuildPollMs, stallMs } = swap.parts.times;
  const state: Watching = { last: undefined, movedMs: clock.monotonicMs(), told: "" };
  for (;;) {
    const world = await quietly(ctx, () => look(swap, ctx, "arrays"));
    if (world && isRebuilt(world, plan, serial)) return tell(ctx, plan, world, state);
    if (world) {
      refuseLost(ctx, plan, { world, serial });
      if (!state.last || movedSince(state.last, world)) state.movedMs = clock.monotonicMs();
      state.last = world;
      tell(ctx, plan, world, state);
    }
    if (clock.monotonicMs() - state.movedMs >= stallMs) await stalled(swap, ctx, { plan, state, serial });
    await clock.sleep(rebuildPollMs, ctx.signal);
  }
}

/** What no waiting helps: the new disk is out, or md gave it up. */
function refuseLost(ctx: StepContext, plan: SwapPlan, { world, serial }: { world: World; serial: string }): void {
  if (!isPresent(world, serial)) throw fail("swap-new-disk-lost", { node: ctx.node, serial });
  const without = plan.memberships.find((membership) => !isAddedTo(world, membership, serial));
  if (without) throw fail("swap-rebuild-failed", { node: ctx.node, serial, array: without.array });
}

const arraysOf = (plan: SwapPlan, world: World): readonly RaidArray[] =>
  plan.memberships.flatMap((membership) => arrayOf(world, membership) ?? []);

/** Per cent of all the bytes; one line when what it says has changed. */
function tell(ctx: StepContext, plan: SwapPlan, world: World, state: Watching): void {
  const arrays = arraysOf(plan, world);
  const total = arrays.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const done = arrays.reduce((sum, array) => sum + array.sizeBytes * shareOf(array), 0);
  ctx.progress(total === 0 ? 100 : Math.floor((100 * done) / total), 100, "percent");
  const text = arrays.filter(isSyncing).map(lineOf).join("; ");
  if (text !== "" && text !== state.told) ctx.line(text);
  state.told = text;
}

const shareOf = (array: RaidArray) => (isArrayRebuilt(array) ? 1 : (rebuildProgress(array)?.completed ?? 0));

function lineOf(array: RaidArray): string {
  if (!isSyncing(array)) return `${array.name}: ${array.syncAction}, ${array.degraded} of ${array.raidDisks} missing`;
  const { action, completed, kibPerSecond, remainingSeconds } = rebuildProgress(array) ?? { action: array.syncAction };
  if (completed === undefined) return `${array.name}: ${action} waits for another array`;
  const speed = kibPerSecond === undefined ? "" : `, ${Math.round(kibPerSecond / 1024)} MiB/s`;
  const left = remainingSeconds === undefined ? "" : `, about ${Math.ceil(remainingSeconds / 60)} min left`;
  return `${array.name}: ${action} ${Math.floor(completed * 100)} %${speed}${left}`;
}

interface Stalled {
  readonly plan: SwapPlan;
  readonly state: Watching;
  readonly serial: string;
}

/** An alarm, and then it is somebody's turn; it goes on by itself as soon as something moves. */
async function stalled(swap: Swap, ctx: StepContext, { plan, state, serial }: Stalled): Promise<void> {
  const { stallMs, rebuildPollMs: pollMs } = swap.parts.times;
  const words = state.last ? arraysOf(plan, state.last).map(lineOf) : ["the host doesn't answer"];
  await ctx.note(`ALARM: the rebuild hasn't moved for ${Math.round(stallMs / 60_000)} minutes: ${words.join("; ")}`);
  const moves = async () => {
    const world = await quietly(ctx, () => look(swap, ctx, "arrays"));
    if (!world) return undefined;
    return !state.last || isRebuilt(world, plan, serial) || movedSince(state.last, world) ? true : undefined;
  };
  await ctx.hold(stallQuestion(words, stallMs), { pollMs, look: moves });
  state.movedMs = ctx.clock.monotonicMs();
}
