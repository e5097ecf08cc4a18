import { toRecord } from "../../../errors.ts";
import { verifyFindings } from "../../../raid/verify-swap.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, repeatably, type Swap } from "./hands.ts";
import { setLight } from "./locate-light.ts";
import { newSerialOf, planOf, recall } from "./memory.ts";
import { lostRetries } from "./retries.ts";

/** All that `[UU]` doesn't tell (F1). */
export const verify = (swap: Swap): StepDefinition => ({
  name: "verify",
  label: "Prove that it is whole again",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 60_000,
  retries: lostRetries,
  run: async (ctx) => {
    const [plan, newSerial] = [planOf(ctx), newSerialOf(ctx)];
    await setLight(swap, ctx, plan, { on: false });
    await setLight(swap, ctx, plan, { on: false, serial: newSerial });
    const config = await repeatably(swap, ctx, swap.seams.acts.refreshBootConfig());
    if (config.some((line) => line.startsWith("added"))) await ctx.note(`mdadm.conf: ${config.join(", ")}`);
    const oldKernelErrors = recall(ctx, "oldKernelErrors") ?? [];
    const { failures } = verifyFindings(await look(swap, ctx, "all"), plan, { newSerial, oldKernelErrors });
    await queueChecks(swap, ctx);
    if (failures.length > 0) throw fail("swap-degraded-done", { node: ctx.node, newSerial, failures });
    await ctx.note(`${newSerial} has taken the place of ${plan.target.serial}; a check of its arrays was started`);
    return undefined;
  },
});

/** The copies are compared in md's own time; one that can't be started now is no failure of the swap. */
async function queueChecks(swap: Swap, ctx: StepContext): Promise<void> {
  for (const { arrayUuid, array } of planOf(ctx).memberships) {
    try {
      const lines = await repeatably(swap, ctx, swap.seams.acts.queueCheck({ arrayUuid }));
      ctx.line(`${array}: ${lines.join(", ")}`);
    } catch (error) {
      ctx.signal.throwIfAborted();
      await ctx.note(`no check of ${array} could be started: ${toRecord(error).message}`);
    }
  }
}
