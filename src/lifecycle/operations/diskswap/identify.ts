import { isPresent, isTargetPresent } from "../../../raid/progress.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { askWatching, type Complaint } from "./ask.ts";
import { act, isLost, look, repeatably, type Swap } from "./hands.ts";
import { setLight } from "./locate-light.ts";
import { keep, planOf, recall } from "./memory.ts";
import { beforeOffQuestion, findQuestion, goneQuestion, pullQuestion } from "./questions.ts";
import { lostRetries } from "./retries.ts";
import { whoseEnd } from "./serial-end.ts";

/** Light on, then hands: a running machine's disk is let go of and pulled here, another's is found before the power goes. */
export const identify = (swap: Swap): StepDefinition => ({
  name: "identify",
  label: "Find the old disk, and pull it",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 300_000,
  retries: lostRetries,
  undoMs: swap.parts.times.undoMs,
  run: async (ctx) => {
    const plan = planOf(ctx);
    if (plan.mode === "add-first") return { skipped: "the new disk comes first" };
    await identified(swap, ctx, plan);
    return undefined;
  },
  undo: async (ctx) => {
    const plan = recall(ctx, "plan");
    if (plan) await setLight(swap, ctx, plan, { on: false });
  },
});

/** The same, once the new disk has taken its place. */
export const identifyReplaced = (swap: Swap): StepDefinition => ({
  ...identify(swap),
  name: "identify-replaced",
  label: "Find the replaced disk, and pull it",
  run: async (ctx) => {
    const plan = planOf(ctx);
    if (plan.mode !== "add-first") return { skipped: "it was pulled before" };
    await identified(swap, ctx, plan);
    return undefined;
  },
});

async function identified(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  await keep(ctx, "light", await setLight(swap, ctx, plan, { on: true }));
  const isHere = isTargetPresent(await look(swap, ctx, "arrays"), plan);
  if (plan.mode === "cold") return beforeOff(swap, ctx, plan);
  if (!isHere && !recall(ctx, "detached")) return gone(swap, ctx, plan);
  if (isHere && recall(ctx, "light") === "none" && (await found(swap, ctx, plan)) === "pulled") return;
  await letGo(swap, ctx, plan);
  await pulled(swap, ctx, plan);
}

const lightOf = (ctx: StepContext) => recall(ctx, "light");

/** What somebody typed about the disk in their hands. `undefined`: it is the old disk's. */
export function objection(plan: SwapPlan, answer: string): Complaint | undefined {
  const { serial, neighbours } = plan.target;
  const meant = whoseEnd(answer, serial, plan.knownSerials);
  switch (meant.kind) {
    case "target":
      return undefined;
    case "other": {
      const slot = neighbours.find((one) => one.serial === meant.serial)?.slot;
      const where = slot === undefined ? "" : ` into slot ${slot}`;
      return { complaint: `${answer} is how ${meant.serial} ends, which must stay: if it is out, put it back${where}` };
    }
    case "both":
      return { complaint: `${serial} and ${meant.serial} both end with ${answer}: type the whole serial number` };
    case "nobody":
      return { complaint: `${answer} isn't how ${serial} ends: nothing was done; look at the label again` };
    default:
      return meant satisfies never;
  }
}

/** No light: it is read in long beats, so that its activity light shows it, until somebody has found it. */
export async function found(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<"found" | "pulled"> {
  const { serial } = plan.target;
  return askWatching<"found" | "pulled">(swap, ctx, plan, {
    question: (complaint) => findQuestion({ plan, light: lightOf(ctx), complaint }),
    seen: async (world) => {
      if (isPresent(world, serial))
        await repeatably(swap, ctx, swap.seams.acts.blink({ serial, seconds: blinkSeconds }));
      return undefined;
    },
    answered: (answer, world) => {
      const isHere = isPresent(world, serial);
      if (answer.toLowerCase() === "found")
        return isHere ? "found" : { complaint: "It is out already: type how it ends" };
      return objection(plan, answer) ?? (isHere ? "found" : "pulled");
    },
  });
}

const blinkSeconds = 10;

/** The system flushes it and lets go of it: pulled then, nothing is surprised. Some buses have no such thing. */
async function letGo(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  const { serial } = plan.target;
  for (let lost = false; isTargetPresent(await look(swap, ctx, "arrays"), plan); lost = true) {
    await keep(ctx, "detached", true);
    try {
      const lines = await act(swap, ctx, swap.seams.acts.detachDisk({ serial }));
      if (lines.includes("none")) ctx.line(`the system can't let go of ${serial}; it is pulled as it is`);
      return;
    } catch (error) {
      if (lost || !isLost(error)) throw error;
    }
  }
}

/** Out, and the right one. */
export async function pulled(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  const by = await askWatching<string>(swap, ctx, plan, {
    question: (complaint) => pullQuestion({ plan, light: lightOf(ctx), complaint }),
    answered: (answer, world) => {
      const against = objection(plan, answer);
      if (against) return against;
      return isTargetPresent(world, plan)
        ? { complaint: `${plan.target.serial} is still, or again, in the machine` }
        : answer;
    },
  });
  await ctx.note(`${plan.target.serial} was pulled (typed: ${by})`);
}

/** Dead or out when it began. */
export async function gone(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  await askWatching<string>(swap, ctx, plan, {
    question: (complaint) => goneQuestion({ plan, light: lightOf(ctx), complaint }),
    answered: (answer) => (answer.toLowerCase() === "empty" ? answer : (objection(plan, answer) ?? answer)),
  });
}

async function beforeOff(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  if (recall(ctx, "identified")) return;
  const how = await askWatching<"by-serial" | "by-place">(swap, ctx, plan, {
    question: (complaint) => beforeOffQuestion({ plan, light: lightOf(ctx), complaint }),
    answered: (answer) => (answer.toLowerCase() === "off" ? "by-place" : (objection(plan, answer) ?? "by-serial")),
  });
  await keep(ctx, "identified", how);
}
