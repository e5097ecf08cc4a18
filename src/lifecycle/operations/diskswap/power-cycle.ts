import { isTargetPresent, vanishedOthers } from "../../../raid/progress.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { StepContext } from "../../step.ts";
import { withBmc } from "../target.ts";
import { act, hangUp, look, type Swap } from "./hands.ts";
import { objection } from "./identify.ts";
import { type ColdSwap, keep, recall } from "./memory.ts";
import { reAddAll } from "./put-back.ts";
import { notBackQuestion, notOffQuestion, whileOffQuestion } from "./questions.ts";
import { quietly, until } from "./until.ts";

/** Off, hands, on again; once more if the old disk is still in then, or another one is missing. */
export async function swapWhileOff(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  for (;;) {
    const cold = recall(ctx, "cold") ?? (await begin(swap, ctx));
    if (cold.stage !== "back") await proceed(swap, ctx, { plan, cold });
    else if (await isWell(swap, ctx, { plan, cold })) return reAddAll(swap, ctx, cold.missed ?? []);
  }
}

async function begin(swap: Swap, ctx: StepContext): Promise<ColdSwap> {
  const { bootId } = await look(swap, ctx, "arrays");
  return enter(ctx, { stage: "ordered", bootId });
}

async function enter(ctx: StepContext, cold: ColdSwap): Promise<ColdSwap> {
  await keep(ctx, "cold", cold);
  return cold;
}

interface Cold {
  readonly plan: SwapPlan;
  readonly cold: ColdSwap;
}

/** One stage further; which one comes next is read from how the machine is, too: somebody may press its button. */
async function proceed(swap: Swap, ctx: StepContext, { plan, cold }: Cold): Promise<unknown> {
  switch (cold.stage) {
    case "ordered":
      return enter(ctx, { ...cold, stage: (await switchOff(swap, ctx, { plan, cold })) ? "off" : "back" });
    case "off":
      await hands(swap, ctx, { plan, cold });
      return enter(ctx, { ...cold, stage: "swapped" });
    case "swapped":
      await switchOn(swap, ctx, { plan, cold });
      return enter(ctx, { ...cold, stage: "back" });
    case "back":
      return cold;
    default:
      return cold.stage satisfies never;
  }
}

/** Runs again, without the old disk and with all the others? If not, the next round begins. */
async function isWell(swap: Swap, ctx: StepContext, { plan, cold }: Cold): Promise<boolean> {
  const world = await look(swap, ctx, "arrays");
  const missing = vanishedOthers(world, plan);
  const { serial } = plan.target;
  if (missing.length === 0 && !isTargetPresent(world, plan)) return true;
  const problem =
    missing.length > 0 ? `the wrong disk was pulled: put ${missing.join(", ")} back` : `${serial} is still in`;
  if (missing.length > 0) await ctx.milestone("wrong-disk-pulled", missing.join(" "));
  await ctx.note(`ALARM: ${problem}`);
  const missed = [...new Set([...(cold.missed ?? []), ...missing])];
  await enter(ctx, { stage: "ordered", bootId: world.bootId, problem, missed });
  return false;
}

const powerNow = (swap: Swap, ctx: StepContext) => withBmc(swap.parts, ctx, (bmc) => bmc.powerState());
const isOff = (swap: Swap, ctx: StepContext) => async () =>
  (await quietly(ctx, () => powerNow(swap, ctx))) === "off" ? true : undefined;

/** By the system itself, so that nothing is lost. False: somebody has switched it off and on already. */
async function switchOff(swap: Swap, ctx: StepContext, { plan, cold }: Cold): Promise<boolean> {
  const { powerOffMs: forMs, bootPollMs: everyMs } = swap.parts.times;
  if ((await powerNow(swap, ctx)) !== "off") {
    const world = await quietly(ctx, () => look(swap, ctx, "arrays"));
    if (world && world.bootId !== cold.bootId) return false;
    await withBmc(swap.parts, ctx, (bmc) =>
      bmc.setBootDevice({ device: "disk", persistent: false, efi: plan.firmware === "uefi" }),
    );
    if (world) await quietly(ctx, () => act(swap, ctx, swap.seams.acts.powerOffNow()));
  }
  await hangUp(swap);
  if (!(await until(ctx, isOff(swap, ctx), { forMs, everyMs }))) await notOff(swap, ctx, plan);
  await ctx.observed({ power: "off" });
  return true;
}

/** It doesn't shut down: cutting its power is for somebody to decide. */
async function notOff(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  const watch = { pollMs: swap.parts.times.bootPollMs, look: isOff(swap, ctx) };
  for (let complaint: string | undefined; ; complaint = "Type cut, or wait") {
    const end = await ctx.hold(notOffQuestion(plan, swap.parts.times.powerOffMs, complaint), watch);
    if ("seen" in end) return;
    if (end.answer.trim().toLowerCase() !== "cut") continue;
    await ctx.note(`${end.by} has the power cut`);
    await withBmc(swap.parts, ctx, (bmc) => bmc.power("off"));
    return;
  }
}

/** Nothing can be seen of a machine that is off, so that the label is all there is; with the wrong one out, it stays off. */
async function hands(swap: Swap, ctx: StepContext, { plan, cold }: Cold): Promise<void> {
  const isOn = async () => ((await quietly(ctx, () => powerNow(swap, ctx))) === "on" ? true : undefined);
  const watch = { pollMs: swap.parts.times.handsPollMs, look: isOn };
  const identified = recall(ctx, "identified") === "by-serial" && cold.problem === undefined;
  for (let complaint = cold.problem; ; ) {
    const end = await ctx.hold(whileOffQuestion({ plan, light: recall(ctx, "light"), complaint }, identified), watch);
    if ("seen" in end) return ctx.note("somebody switched the machine on");
    const answer = end.answer.trim();
    if (identified && answer.toLowerCase() === "done") return;
    complaint = objection(plan, answer)?.complaint;
    if (complaint === undefined) return ctx.note(`${plan.target.serial} was pulled (typed: ${answer})`);
  }
}

/** Until it answers over SSH, after another start than before. */
async function switchOn(swap: Swap, ctx: StepContext, { plan, cold }: Cold): Promise<void> {
  const { bootMs: forMs, bootPollMs: everyMs } = swap.parts.times;
  await withBmc(swap.parts, ctx, (bmc) => bmc.power("on"));
  await ctx.observed({ power: "on" });
  await hangUp(swap);
  const back = async (): Promise<World | undefined> => {
    const world = await quietly(ctx, () => look(swap, ctx, "arrays"));
    return world && world.bootId !== cold.bootId ? world : undefined;
  };
  if (await until(ctx, back, { forMs, everyMs })) return;
  await ctx.note(`ALARM: it doesn't answer ${Math.round(forMs / 60_000)} minutes after it was switched on`);
  for (;;) {
    const end = await ctx.hold(notBackQuestion(plan, forMs), { pollMs: everyMs, look: back });
    if ("seen" in end) return;
  }
}
