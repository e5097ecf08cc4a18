import { toRecord } from "../../../errors.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { StepContext } from "../../step.ts";
import { act, ensure, look, type Swap } from "./hands.ts";
import { arrayWith, diskWith, type OldPlace, recall } from "./memory.ts";
import { putBackQuestion } from "./questions.ts";

/** Somebody pulled disks that hold good copies: says so at once, waits until they are back, and re-adds them. */
export async function putBack(swap: Swap, ctx: StepContext, plan: SwapPlan, serials: readonly string[]): Promise<void> {
  await ctx.note(`ALARM: the wrong disk was pulled: ${serials.join(", ")}, not ${plan.target.serial}`);
  await ctx.milestone("wrong-disk-pulled", serials.join(" "));
  const areBack = async () => ((await missingNow(swap, ctx, serials)).length === 0 ? true : undefined);
  const pollMs = swap.parts.times.handsPollMs;
  for (let complaint: string | undefined; ; complaint = "It isn't seen yet") {
    const end = await ctx.hold(putBackQuestion(plan, serials, complaint), { pollMs, look: areBack });
    if ("seen" in end || (await areBack())) break;
  }
  await reAddAll(swap, ctx, serials);
  await ctx.note(`${serials.join(", ")} is back in its arrays`);
}

/** Each of them to where it was when the swap began. */
export async function reAddAll(swap: Swap, ctx: StepContext, serials: readonly string[]): Promise<void> {
  for (const place of (recall(ctx, "places") ?? []).filter(({ serial }) => serials.includes(serial)))
    await reAdd(swap, ctx, place);
}

async function missingNow(swap: Swap, ctx: StepContext, serials: readonly string[]): Promise<readonly string[]> {
  try {
    const world = await look(swap, ctx, "arrays");
    return serials.filter((serial) => !diskWith(world, serial));
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    ctx.line(`can't look at the disks: ${toRecord(error).message}`);
    return serials;
  }
}

/** A member of its array again, and not a failed one. */
const isIn = (world: World, { serial, arrayUuid }: OldPlace) =>
  arrayWith(world, arrayUuid)?.members.some((one) => one.serial === serial && !one.states.includes("faulty")) ?? false;

const isFree = (world: World, { serial, arrayUuid }: OldPlace) =>
  arrayWith(world, arrayUuid)?.members.every(
    (one) => one.serial !== serial && (one.serial !== undefined || !one.states.includes("faulty")),
  ) ?? false;

/** What md still holds of the pulled disk goes first (F12), then `--re-add`, never `--add` (F13). */
export async function reAdd(swap: Swap, ctx: StepContext, place: OldPlace): Promise<void> {
  const { acts } = swap.seams;
  const { array, arrayUuid, serial, partition } = place;
  const world = await look(swap, ctx, "arrays");
  if (isIn(world, place)) return;
  if (!isFree(world, place)) await act(swap, ctx, acts.removeGone({ arrayUuid }));
  await ensure(swap, ctx, {
    what: `${serial} in ${array} again`,
    depth: "arrays",
    isSo: (now) => isIn(now, place),
    act: () => acts.reAddMember({ arrayUuid, serial, partition }),
  });
}
