import type { Carried, ProbeReport } from "../../../raid/probes/probe.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { act, ensure, look, probe, type Swap } from "./hands.ts";
import { diskWith, keep, planOf, recall } from "./memory.ts";
import { lostRetries } from "./retries.ts";

/** Whatever would be hurt goes away first: swap on the old disk, its ESP's mount; before the power goes, guests and members. */
export const quiesce = (swap: Swap): StepDefinition => ({
  name: "quiesce",
  label: "Take away what must not be hurt",
  idempotent: true,
  deadlineMs: swap.parts.times.drainMs,
  expectedMs: 30_000,
  retries: lostRetries,
  undoMs: swap.parts.times.undoMs,
  run: async (ctx) => {
    const plan = planOf(ctx);
    const drained = plan.mode === "cold" && (await drainAll(swap, ctx));
    const swapped = await switchSwapOff(swap, ctx, plan);
    const moved = await moveEsp(swap, ctx, plan);
    return drained || swapped || moved ? undefined : { skipped: "nothing is in the way" };
  },
  undo: async (ctx) => {
    const plan = recall(ctx, "plan");
    if (!plan) return;
    await bringBack(swap, ctx);
    await switchSwapOn(swap, ctx, plan);
  },
});

/** In reverse order what was taken away. The swap and the ESP are the new disk's by now. */
export const undrain = (swap: Swap): StepDefinition => ({
  name: "undrain",
  label: "Bring back what was taken away",
  idempotent: true,
  deadlineMs: swap.parts.times.drainMs,
  expectedMs: 30_000,
  retries: lostRetries,
  run: async (ctx) => ((await bringBack(swap, ctx)) ? undefined : { skipped: "nothing was taken away" }),
});

const carriedIn = (reports: readonly ProbeReport[]): readonly Carried[] =>
  reports.flatMap((report) => (report.state === "present" ? (report.carried ?? []) : []));

const order: readonly Carried["kind"][] = ["cluster", "guest", "filesystem", "database"];

/** What will be taken back is on record before it is taken away. Draining twice is allowed (probe.ts). */
async function drainAll(swap: Swap, ctx: StepContext): Promise<boolean> {
  const known = recall(ctx, "drained") ?? [];
  const carried = carriedIn(await probe(swap, ctx)).toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const fresh = carried.filter(({ drain, name }) => drain !== undefined && known.every((one) => one.name !== name));
  const all = [
    ...known,
    ...fresh.map(({ name, drain = "", undrain: back }) => ({ name, drain, ...(back ? { undrain: back } : {}) })),
  ];
  await keep(ctx, "drained", all);
  for (const { name, drain } of all) {
    ctx.line(`taking ${name} off the host`);
    await act(swap, ctx, swap.seams.acts.drain({ commands: [drain] }));
  }
  return all.length > 0;
}

/** Last taken away, first back; what can't be brought back doesn't keep the rest away. @throws `swap-undrain-failed` */
async function bringBack(swap: Swap, ctx: StepContext): Promise<boolean> {
  const drained = (recall(ctx, "drained") ?? []).toReversed();
  const failed: string[] = [];
  for (const { name, undrain: back } of drained) {
    if (back === undefined) continue;
    ctx.line(`bringing ${name} back`);
    await act(swap, ctx, swap.seams.acts.undrain({ commands: [back] })).catch((error: unknown) => {
      ctx.signal.throwIfAborted();
      failed.push(`${name} (${error instanceof Error ? error.message : String(error)})`);
    });
  }
  if (failed.length > 0) throw fail("swap-undrain-failed", { node: ctx.node, failed });
  return drained.length > 0;
}

const swapsOnTarget = (world: World, { target }: SwapPlan): boolean => {
  const disk = diskWith(world, target.serial);
  const names = new Set([disk?.name, ...(disk?.partitions ?? []).map(({ name }) => name)]);
  return world.blocks.some(({ name, mountPoints }) => names.has(name) && mountPoints.includes("[SWAP]"));
};

const switchSwapOff = (swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<boolean> =>
  ensure(swap, ctx, {
    what: `no swap on ${plan.target.serial}`,
    depth: "all",
    isSo: (world) => !swapsOnTarget(world, plan),
    act: () => swap.seams.acts.swapOff({ serial: plan.target.serial }),
  });

/** Only as long as the old disk is there: it still has its swap areas then. */
async function switchSwapOn(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  const { serial } = plan.target;
  if (!diskWith(await look(swap, ctx, "arrays"), serial)) return;
  for (const { active, ...area } of plan.swaps.filter((one) => one.active))
    await act(swap, ctx, swap.seams.acts.makeSwap({ serial, ...area, on: active }));
}

const mountedOn = (world: World, serial: string, mountPoint: string): boolean => {
  const names = new Set((diskWith(world, serial)?.partitions ?? []).map(({ name }) => name));
  return world.blocks.some((block) => names.has(block.name) && block.mountPoints.includes(mountPoint));
};

/** It stays with the survivor: there is nothing to take back. */
async function moveEsp(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<boolean> {
  const mountPoint = plan.esp?.mountPoint;
  if (mountPoint === undefined) return false;
  const fromSerial = plan.target.serial;
  const world = await look(swap, ctx, "all");
  const toSerial = plan.survivors.find((serial) => world.boot.some((state) => state.serial === serial && state.esp));
  if (toSerial === undefined) return false;
  return ensure(swap, ctx, {
    what: `${mountPoint} on ${toSerial}`,
    depth: "all",
    isSo: (now) => mountedOn(now, toSerial, mountPoint),
    act: () => swap.seams.acts.moveEspMount({ fromSerial, toSerial, mountPoint }),
  });
}
