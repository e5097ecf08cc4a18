import { ProvisionError } from "../../../errors.ts";
import { arrayOf, isAddedTo, isFailedIn, isRemovedFrom, isTargetPresent } from "../../../raid/progress.ts";
import type { Membership, SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { act, ensure, look, type Swap } from "./hands.ts";
import { keep, planOf, recall } from "./memory.ts";
import { reAdd } from "./put-back.ts";
import { askGates } from "./record.ts";
import { lostRetries } from "./retries.ts";

/** Fails the target in each of its arrays, and removes it: from then on nothing of md holds it. */
export const remove = (swap: Swap): StepDefinition => ({
  name: "remove",
  label: "Take the old disk out of its arrays",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 10_000,
  retries: lostRetries,
  undoMs: swap.parts.times.undoMs,
  run: async (ctx) => {
    const plan = planOf(ctx);
    if (plan.mode === "add-first") return { skipped: "the new disk comes first" };
    if (!(await wasBegun(swap, ctx, plan))) await stillAllowed(swap, ctx, plan);
    return takeOut(swap, ctx, plan);
  },
  undo: async (ctx) => {
    const plan = recall(ctx, "plan");
    if (recall(ctx, "broke")) return ctx.line("an array takes no writes any more: nothing is done to it");
    if (plan && plan.mode !== "add-first") await takeBack(swap, ctx, plan);
  },
});

/** The same, once the new disk has taken its place: nothing of the arrays' is lost by it. */
export const removeReplaced = (swap: Swap): StepDefinition => ({
  ...remove(swap),
  name: "remove-replaced",
  label: "Take the replaced disk out of its arrays",
  run: async (ctx) => {
    const plan = planOf(ctx);
    if (plan.mode !== "add-first") return { skipped: "it was taken out before" };
    return takeOut(swap, ctx, plan);
  },
  undo: async () => {},
});

async function takeOut(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<{ skipped: string } | undefined> {
  let did = false;
  try {
    for (const membership of plan.memberships) did = (await leave(swap, ctx, { plan, membership })) || did;
  } catch (thrown) {
    if (thrown instanceof ProvisionError && thrown.code === "array-broke") await alarm(ctx, thrown.message);
    throw thrown;
  }
  return did ? undefined : { skipped: "no array has it any more" };
}

/** F3: from here on only hands and a restart help; every further command may take another copy. */
async function alarm(ctx: StepContext, words: string): Promise<void> {
  await keep(ctx, "broke", true);
  await ctx.note(`ALARM: ${words}`);
}

/** Was one of its members taken out by us already? Then the gates' first question has been answered. */
async function wasBegun(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<boolean> {
  if (recall(ctx, "removing")) return true;
  const world = await look(swap, ctx, "arrays");
  return plan.memberships.every((membership) => isRemovedFrom(world, membership, plan.target.serial));
}

/** The first command is near, and what the plan was made from may be hours old. */
async function stillAllowed(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  const world = await look(swap, ctx, "all");
  await askGates(swap, ctx, { world, plan, probes: recall(ctx, "probes") ?? [] });
}

interface Leaving {
  readonly plan: SwapPlan;
  readonly membership: Membership;
}

/** Gives whether anything was done. */
async function leave(swap: Swap, ctx: StepContext, { plan, membership }: Leaving): Promise<boolean> {
  const { acts } = swap.seams;
  const { arrayUuid, array, partition } = membership;
  const { serial } = plan.target;
  const isOut = (world: World) => isRemovedFrom(world, membership, plan.target.serial);
  const world = await look(swap, ctx, "arrays");
  if (isOut(world)) return false;
  if (!recall(ctx, "removing")) await keep(ctx, "removing", true);
  if (!isTargetPresent(world, plan)) {
    const act = () => acts.removeGone({ arrayUuid });
    return ensure(swap, ctx, { what: `${array} without the disk that is gone`, depth: "arrays", isSo: isOut, act });
  }
  const isFailed = (now: World) => isFailedIn(now, membership, serial);
  const failing = {
    what: `${serial} failed in ${array}`,
    act: () => acts.failMember({ arrayUuid, serial, partition }),
  };
  await ensure(swap, ctx, { ...failing, depth: "arrays", isSo: isFailed });
  const removing = {
    what: `${array} without ${serial}`,
    act: () => acts.removeMember({ arrayUuid, serial, partition }),
  };
  await ensure(swap, ctx, { ...removing, depth: "arrays", isSo: isOut });
  return true;
}

/** Until it is pulled it can go back as it was (F13); what the system let go of is found again first. */
async function takeBack(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  const { serial } = plan.target;
  if (!isTargetPresent(await look(swap, ctx, "arrays"), plan)) await act(swap, ctx, swap.seams.acts.rescan());
  const world = await look(swap, ctx, "arrays");
  if (!isTargetPresent(world, plan)) return ctx.line(`${serial} is out: nothing is put back by itself`);
  const newSerial = recall(ctx, "newSerial");
  for (const membership of plan.memberships) {
    const { arrayUuid, array, partition } = membership;
    if (newSerial !== undefined && isAddedTo(world, membership, newSerial)) continue;
    if (arrayOf(world, membership)?.degraded) await reAdd(swap, ctx, { serial, arrayUuid, array, partition });
  }
}
