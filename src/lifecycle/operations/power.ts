import type { Bmc } from "../../bmc/driver.ts";
import { fail } from "../errors.ts";
import type { StepContext, StepDefinition } from "../step.ts";
import { type InstallParts, withBmc } from "./target.ts";

/**
 * Never twice: what is about to be ordered is written down first, and after a restart the BMC is asked before anything
 * is ordered again. A machine that runs is switched off and on; "cycle" would leave open which half was done.
 */
export const powerOn = (parts: InstallParts): StepDefinition => ({
  name: "power-on",
  label: "Power on",
  idempotent: true,
  deadlineMs: 4 * parts.times.powerMs,
  expectedMs: 2000,
  run: async (ctx) => {
    await withBmc(parts, ctx, async (bmc) => {
      if (ctx.memory.get("power") === "on-ordered" && (await isOnAlready(parts, ctx, bmc))) return;
      if ((await bmc.powerState()) === "on") await order(parts, ctx, { bmc, action: "off" });
      await order(parts, ctx, { bmc, action: "on" });
    });
    await ctx.observed({ power: "on" });
    return undefined;
  },
});

const settleMs = 5000;

/** A machine that has fetched its script was on, whatever its BMC says now. */
async function isOnAlready(parts: InstallParts, ctx: StepContext, bmc: Bmc): Promise<boolean> {
  const intent = await parts.intents.find(ctx.node, ctx.generation);
  if (intent && intent.state !== "armed") return true;
  return reaches(ctx, { bmc, state: "on", withinMs: settleMs });
}

interface Order {
  readonly bmc: Bmc;
  readonly action: "on" | "off";
}

/** Judged by its effect: some BMCs answer "done" and do nothing. */
async function order(parts: InstallParts, ctx: StepContext, { bmc, action }: Order): Promise<void> {
  await ctx.memory.set("power", `${action}-ordered`);
  await bmc.power(action);
  const waitedMs = parts.times.powerMs;
  if (await reaches(ctx, { bmc, state: action, withinMs: waitedMs })) return;
  throw fail("power-unchanged", { node: ctx.node, wanted: action, waitedMs });
}

async function reaches(
  ctx: StepContext,
  wanted: { bmc: Bmc; state: "on" | "off"; withinMs: number },
): Promise<boolean> {
  const endMs = ctx.clock.monotonicMs() + wanted.withinMs;
  for (;;) {
    if ((await wanted.bmc.powerState()) === wanted.state) return true;
    if (ctx.clock.monotonicMs() >= endMs) return false;
    await ctx.clock.sleep(1000, ctx.signal);
  }
}
