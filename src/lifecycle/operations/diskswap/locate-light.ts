import { toRecord } from "../../../errors.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { StepContext } from "../../step.ts";
import { repeatably, type Swap } from "./hands.ts";

export interface Light {
  readonly on: boolean;
  /** Of the disk that is in the bay, if it isn't the old one any more. */
  readonly serial?: string;
}

/** Lights the bay's lamp, or puts it out; who could, or `none`. A lamp is never a reason to stop. */
export async function setLight(swap: Swap, ctx: StepContext, { target }: SwapPlan, light: Light): Promise<string> {
  const { slot, enclosure } = target;
  const { on, serial = target.serial } = light;
  const bay = { ...(slot === undefined ? {} : { slot }), ...(enclosure === undefined ? {} : { enclosure }) };
  try {
    const lines = await repeatably(swap, ctx, swap.seams.acts.locate({ serial, on, ...bay }));
    const [, led = "none"] = lines.map((line) => /^led (\S+)/.exec(line)).find((found) => found !== null) ?? [];
    return led;
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    ctx.line(`the locate light can't be switched: ${toRecord(error).message}`);
    return "none";
  }
}
