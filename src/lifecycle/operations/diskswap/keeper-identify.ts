import { toRecord } from "../../../errors.ts";
import type { Act } from "../../../raid/acts/act.ts";
import { keepers } from "../../../raid/keepers/list.ts";
import { lostSince, poolIn } from "../../../raid/keepers/member-progress.ts";
import { isPresent } from "../../../raid/progress.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { askWatching } from "./ask.ts";
import { act, look, repeatably, type Swap } from "./hands.ts";
import { found, gone, objection, pulled } from "./identify.ts";
import { bayOf, complainOfLost, isOfController, lookIntoBay, withPools } from "./keeper-bay.ts";
import { namelessQuestion } from "./keeper-questions.ts";
import { keeperStepsOf, keptOf } from "./keeper-request.ts";
import { keep, planOf, recall } from "./memory.ts";
import { goneQuestion, pullQuestion } from "./questions.ts";
import { lostRetries } from "./retries.ts";
import { isSerialEnd } from "./serial-end.ts";

/** Light on, then hands: the disk is pulled while the machine runs, and told by the end of its serial number. */
export const keeperIdentify = (swap: Swap): StepDefinition => ({
  name: "keeper-identify",
  label: "Find the old disk, and pull it",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 300_000,
  retries: lostRetries,
  undoMs: swap.parts.times.undoMs,
  run: async (ctx) => {
    await keep(ctx, "light", await setKeeperLight(swap, ctx, keeperStepsOf(ctx).locateOn));
    if (keptOf(ctx).member.serial === undefined) await nameless(swap, ctx);
    else if (isOfController(ctx)) await outOfBay(swap, ctx);
    else await outOfHost(swap, ctx);
    await restoreOthers(swap, ctx);
    return undefined;
  },
  undo: async (ctx) => {
    if (recall(ctx, "kept")) await setKeeperLight(swap, ctx, keeperStepsOf(ctx).locateOff);
  },
});

/** Who lit it, or `none`. A lamp is never a reason to stop. */
export async function setKeeperLight(swap: Swap, ctx: StepContext, light: Act): Promise<string> {
  try {
    const lines = await repeatably(swap, ctx, light);
    return lines.map((line) => /^led (\S+)/.exec(line)?.[1]).find(Boolean) ?? "none";
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    ctx.line(`the locate light can't be switched: ${toRecord(error).message}`);
    return "none";
  }
}

async function outOfHost(swap: Swap, ctx: StepContext): Promise<void> {
  const plan = planOf(ctx);
  if (!isPresent(await look(swap, ctx, "arrays"), plan.target.serial)) return gone(swap, ctx, plan);
  if (recall(ctx, "light") === "none" && (await found(swap, ctx, plan)) === "pulled") return;
  await pulled(swap, ctx, plan);
}

/** The host doesn't see it: its controller says whether it is still in its bay. */
async function outOfBay(swap: Swap, ctx: StepContext): Promise<void> {
  const [plan, kept, bay] = [planOf(ctx), keptOf(ctx), bayOf(ctx)];
  const { serial } = plan.target;
  const isIn = async () => bay !== undefined && (await lookIntoBay(swap, ctx, bay)) === serial;
  const wasIn = await isIn();
  const question = wasIn ? pullQuestion : goneQuestion;
  const by = await askWatching<string>(swap, ctx, plan, {
    question: (complaint) => question({ plan, light: recall(ctx, "light"), complaint }),
    answered: async (answer) => {
      const isEmpty = !wasIn && answer.toLowerCase() === "empty";
      const against = isEmpty ? undefined : objection(withPools(plan, kept), answer);
      const lost = await complainOfLost(swap, ctx);
      if (against || lost) return lost ?? against ?? answer;
      return (await isIn()) ? { complaint: `${serial} is still, or again, in its bay` } : answer;
    },
  });
  await ctx.note(`${serial} was pulled (typed: ${by})`);
}

/** Nobody knows its serial number any more: at least it isn't another one's. */
async function nameless(swap: Swap, ctx: StepContext): Promise<void> {
  const [plan, kept] = [planOf(ctx), keptOf(ctx)];
  const { knownSerials } = withPools(plan, kept);
  await askWatching<string>(swap, ctx, plan, {
    question: (complaint) => namelessQuestion({ plan, kept, light: recall(ctx, "light"), complaint }),
    answered: async (answer) => {
      const lost = await complainOfLost(swap, ctx);
      if (lost || ["empty", "pulled"].includes(answer.toLowerCase())) return lost ?? answer;
      const other = knownSerials.find((serial) => isSerialEnd(answer, serial));
      if (other === undefined) return { complaint: `${answer} isn't what was asked for` };
      return { complaint: `${answer} is how ${other} ends, which must stay: if it is out, put it back` };
    },
  });
}

/** Disks that were pulled by mistake and are back: ZFS takes them in again by a word, others by themselves or not at all. */
export async function restoreOthers(swap: Swap, ctx: StepContext): Promise<void> {
  const { pool, member, disks } = keptOf(ctx);
  const world = await look(swap, ctx, "pools");
  const now = poolIn(world, pool);
  for (const lost of now ? lostSince(pool, now, member) : []) {
    if (lost.serial === undefined || !isPresent(world, lost.serial)) continue;
    const { takeBack } = keepers[pool.kind].steps({ ...pool, redundancyLeft: 1 }, lost, disks);
    if ("none" in takeBack) await ctx.note(`${lost.serial} is back, but not in ${pool.name}: ${takeBack.none}`);
    else await act(swap, ctx, takeBack);
  }
}
