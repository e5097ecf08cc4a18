import { isTargetPresent } from "../../../raid/progress.ts";
import { errorLine } from "../../../raid/verify-swap.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, type Swap } from "./hands.ts";
import { keep, planOf, recall } from "./memory.ts";
import { swapWhileOff } from "./power-cycle.ts";
import { lostRetries } from "./retries.ts";

/** The old disk is out: seen while the machine runs, or by way of switching it off and on. */
export const pull = (swap: Swap): StepDefinition => ({
  name: "pull",
  label: "See that the old disk is out",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 300_000,
  retries: lostRetries,
  run: async (ctx) => {
    const plan = planOf(ctx);
    if (plan.mode === "add-first") return { skipped: "the new disk comes first" };
    if (plan.mode === "cold") await swapWhileOff(swap, ctx, plan);
    else await proveOut(swap, ctx);
    await forgive(swap, ctx);
    return undefined;
  },
});

/** The same, once the new disk has taken its place. */
export const pullReplaced = (swap: Swap): StepDefinition => ({
  ...pull(swap),
  name: "pull-replaced",
  label: "See that the replaced disk is out",
  run: async (ctx) => {
    if (planOf(ctx).mode !== "add-first") return { skipped: "it is out already" };
    await proveOut(swap, ctx);
    await forgive(swap, ctx);
    return undefined;
  },
});

async function proveOut(swap: Swap, ctx: StepContext): Promise<void> {
  const plan = planOf(ctx);
  if (!isTargetPresent(await look(swap, ctx, "arrays"), plan)) return;
  throw fail("swap-disk-still-in", { node: ctx.node, serial: plan.target.serial });
}

/** What the kernel says of a disk that was pulled is no error of those that stayed. */
async function forgive(swap: Swap, ctx: StepContext): Promise<void> {
  const { disks, arrays, kernelErrors } = await look(swap, ctx, "all");
  const names = new Set([...disks.flatMap(({ name, partitions }) => [name, ...partitions.map((one) => one.name)])]);
  for (const { name } of arrays) names.add(name);
  const old = recall(ctx, "oldKernelErrors") ?? [];
  const gone = kernelErrors.filter(({ device }) => !names.has(device)).map(errorLine);
  await keep(ctx, "oldKernelErrors", [...old, ...gone.filter((line) => !old.includes(line))]);
}
