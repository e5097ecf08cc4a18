import { toRecord } from "../../../errors.ts";
import { vanishedOthers } from "../../../raid/progress.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { HoldQuestion, StepContext } from "../../step.ts";
import { look, type Swap } from "./hands.ts";
import { putBack } from "./put-back.ts";

export interface Asking<T> {
  question(complaint: string | undefined): HoldQuestion;
  /** What in the world makes an answer needless; asked every few seconds. May act, as blinking does. */
  seen?(world: World): Promise<T | Complaint | undefined> | T | Complaint | undefined;
  /** What an answer comes to. */
  answered(answer: string, world: World): Promise<T | Complaint> | T | Complaint;
}

/** Why it is asked again. */
export interface Complaint {
  readonly complaint: string;
}

type Sight<T> = { readonly wrong: readonly string[] } | { readonly value: T | Complaint };

const isComplaint = (value: unknown): value is Complaint =>
  typeof value === "object" && value !== null && "complaint" in value;

/**
 * Asks until it has what it needs, and watches the disks meanwhile: when another one than the target vanishes, it is an alarm
 * at once, and the question is to put it back first.
 */
export async function askWatching<T>(swap: Swap, ctx: StepContext, plan: SwapPlan, asking: Asking<T>): Promise<T> {
  const watch = { pollMs: swap.parts.times.handsPollMs, look: () => sight(swap, ctx, { plan, asking }) };
  for (let complaint: string | undefined; ; ) {
    const end = await ctx.hold<Sight<T>>(asking.question(complaint), watch);
    const what = "seen" in end ? end.seen : await judged(swap, ctx, { plan, asking, answer: end.answer });
    if ("wrong" in what) {
      await putBack(swap, ctx, plan, what.wrong);
      complaint = undefined;
      continue;
    }
    if (!isComplaint(what.value)) return what.value;
    complaint = what.value.complaint;
  }
}

interface Watching<T> {
  readonly plan: SwapPlan;
  readonly asking: Asking<T>;
}

/** A host that doesn't answer for a moment is no reason to stop waiting for somebody's hands. */
async function sight<T>(swap: Swap, ctx: StepContext, { plan, asking }: Watching<T>): Promise<Sight<T> | undefined> {
  try {
    const world = await look(swap, ctx, "arrays");
    const wrong = vanishedOthers(world, plan);
    if (wrong.length > 0) return { wrong };
    const value = await asking.seen?.(world);
    return value === undefined ? undefined : { value };
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    ctx.line(`can't look at the disks: ${toRecord(error).message}`);
    return undefined;
  }
}

async function judged<T>(
  swap: Swap,
  ctx: StepContext,
  { plan, asking, answer }: Watching<T> & { readonly answer: string },
): Promise<Sight<T>> {
  try {
    const world = await look(swap, ctx, "arrays");
    const wrong = vanishedOthers(world, plan);
    return wrong.length > 0 ? { wrong } : { value: await asking.answered(answer.trim(), world) };
  } catch (error) {
    const { retry, message } = toRecord(error);
    if (ctx.signal.aborted || !retry) throw error;
    return { value: { complaint: `the host couldn't be looked at just now: ${message}` } };
  }
}
