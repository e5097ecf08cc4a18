import { keeperGates } from "../../../raid/gates/keeper-gates.ts";
import { isControllers } from "../../../raid/keepers/find-member.ts";
import { keepers } from "../../../raid/keepers/list.ts";
import { isJoinedTo, isOutOf, poolIn } from "../../../raid/keepers/member-progress.ts";
import { isPresent } from "../../../raid/progress.ts";
import type { World } from "../../../raid/world.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { act, look, proven, type Swap } from "./hands.ts";
import { keeperStepsOf, keptOf, requestedMember } from "./keeper-request.ts";
import { keep, planOf, recall } from "./memory.ts";
import { askGates } from "./record.ts";
import { lostRetries } from "./retries.ts";

/** Its keeper lets go of it, or says that it may just go. Called off before the pull, what can be undone is. */
export const keeperLeave = (swap: Swap): StepDefinition => ({
  name: "keeper-leave",
  label: "Take the old disk out of its pool",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 10_000,
  retries: lostRetries,
  undoMs: swap.parts.times.undoMs,
  run: (ctx) => leave(swap, ctx),
  undo: (ctx) => takeBack(swap, ctx),
});

async function leave(swap: Swap, ctx: StepContext): Promise<{ skipped: string } | undefined> {
  const { leave: acts } = keeperStepsOf(ctx);
  if (acts.length === 0) return { skipped: "it is out already" };
  if (!recall(ctx, "removing")) {
    await stillAllowed(swap, ctx);
    await keep(ctx, "removing", true);
  } else if (isOut(await look(swap, ctx, "pools"), ctx)) return undefined;
  for (const one of acts) await act(swap, ctx, one);
  if (!showsIt(ctx)) return undefined;
  const { pool } = keptOf(ctx);
  const what = `${pool.name} without ${planOf(ctx).target.serial}`;
  await proven(swap, ctx, { what, depth: "pools", isSo: (world) => isOut(world, ctx) });
  return undefined;
}

/** The first command is near, and what was recorded may be hours old: the keeper and the gates are asked about it as it is now. */
async function stillAllowed(swap: Swap, ctx: StepContext): Promise<void> {
  const world = await look(swap, ctx, "all");
  const found = requestedMember(world, ctx);
  keepers[found.pool.kind].steps(found.pool, found.member, world.disks);
  const probes = recall(ctx, "probes") ?? [];
  await askGates(swap, ctx, { world, plan: planOf(ctx), probes, gates: keeperGates(found) });
}

/** btrfs and HPE's controllers have no such state as "out": there the act's own look was all. */
const showsIt = (ctx: StepContext) => ["zfs", "megaraid"].includes(keptOf(ctx).pool.kind);

function isOut(world: World, ctx: StepContext): boolean {
  const { pool, member } = keptOf(ctx);
  const now = poolIn(world, pool);
  return now !== undefined && isOutOf(now, member);
}

/** Until it is pulled it can go back where its keeper can do that. */
async function takeBack(swap: Swap, ctx: StepContext): Promise<void> {
  const kept = recall(ctx, "kept");
  if (!kept || !recall(ctx, "removing")) return;
  const { serial } = planOf(ctx).target;
  const { takeBack: back } = keeperStepsOf(ctx);
  if ("none" in back) return tell(ctx, `nothing is put back for ${serial}: ${back.none}`);
  const world = await look(swap, ctx, "pools");
  const pool = poolIn(world, kept.pool);
  const newSerial = recall(ctx, "newSerial");
  if (!pool || !isOutOf(pool, kept.member)) return;
  if (newSerial !== undefined && newSerial !== serial && isJoinedTo(pool, newSerial)) return;
  if (!isControllers(pool) && !isPresent(world, serial))
    return tell(ctx, `${serial} is out: nothing is put back by itself`);
  await act(swap, ctx, back);
  const what = `${serial} in ${pool.name} again`;
  await proven(swap, ctx, { what, depth: "pools", isSo: (now) => !isOut(now, ctx) });
  await tell(ctx, `${serial} is in ${pool.name} again`);
}

/** A swap that was called off writes no history any more; whoever looks on hears it. */
const tell = (ctx: StepContext, text: string): Promise<void> => ctx.note(text).catch(() => ctx.line(text));
