import { type HostRecord, readRecord } from "../../../raid/acts/record-host.ts";
import type { Finding, Gate, Surroundings } from "../../../raid/gates/gate.ts";
import { judgeSwap } from "../../../raid/gates/judge-swap.ts";
import { makePlan } from "../../../raid/make-plan.ts";
import type { ProbeReport } from "../../../raid/probes/probe.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import { errorLine } from "../../../raid/verify-swap.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, probe, repeatably, type Swap } from "./hands.ts";
import { keep, placesIn, requestOf } from "./memory.ts";
import { recordedTable } from "./recorded-table.ts";
import { lostRetries } from "./retries.ts";

/** Looks at everything, makes the plan, asks the gates again, and writes down how it was. Nothing is changed. */
export const record = (swap: Swap): StepDefinition => ({
  name: "record",
  label: "Look at everything and ask the gates",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 20_000,
  retries: lostRetries,
  run: async (ctx) => {
    const { serial, mode } = requestOf(ctx.parameters);
    const { hotSwap } = swap.parts.settings(ctx.node);
    const world = await look(swap, ctx, "all");
    const probes = await probe(swap, ctx);
    const kept = readRecord(await repeatably(swap, ctx, swap.seams.acts.recordHost()));
    const recorded = await swap.parts.recorded?.(ctx.node);
    const plan = makePlan(world, serial, { ...(mode ? { mode } : {}), hotSwap, recorded });
    await judge(swap, ctx, { world, plan, probes });
    await keep(ctx, "record", withTable(ctx, { kept, plan, recorded }));
    await keep(ctx, "probes", probes);
    await keep(ctx, "places", placesIn(world));
    await keep(ctx, "oldKernelErrors", world.kernelErrors.map(errorLine));
    await keep(ctx, "plan", plan);
    await ctx.note(`plan: ${plan.mode} swap of ${plan.target.serial}, in ${arraysOf(plan)}`);
    return undefined;
  },
});

interface Recorded {
  readonly kept: HostRecord;
  readonly plan: SwapPlan;
  readonly recorded: World | undefined;
}

/** The old disk's own table, where no survivor has the same one. @throws `swap-table-unknown`, before anything is touched */
function withTable({ node }: StepContext, { kept, plan, recorded }: Recorded): HostRecord {
  const { serial } = plan.target;
  if (plan.table.kind !== "record" || kept.tables[serial] !== undefined) return kept;
  const table = recorded && recordedTable(recorded, serial);
  if (table === undefined) throw fail("swap-table-unknown", { node, serial });
  return { ...kept, tables: { ...kept.tables, [serial]: table } };
}

const arraysOf = ({ memberships }: SwapPlan) => memberships.map(({ array }) => array).join(", ") || "no array";

export interface Judged {
  readonly world: World;
  readonly plan: SwapPlan;
  readonly probes: readonly ProbeReport[];
  /** Absent: md's, all of them. */
  readonly gates?: readonly Gate[];
}

/** Who waived what goes into the history. @throws `swap-refused-by-gates` */
export async function judge(swap: Swap, ctx: StepContext, judged: Judged): Promise<void> {
  for (const { gate, waiver, evidence } of (await askGates(swap, ctx, judged)).filter(isWaived))
    await ctx.note(`${ctx.by} waived ${waiver} (${gate}): ${evidence}`);
}

const isWaived = ({ verdict }: Finding) => verdict === "waived";

/** All findings. @throws `swap-refused-by-gates`, naming each gate that doesn't let it pass */
export async function askGates(swap: Swap, ctx: StepContext, judged: Judged): Promise<readonly Finding[]> {
  const { waivers, acceptsDataLoss } = requestOf(ctx.parameters);
  const surroundings: Surroundings = { ...(await swap.parts.surroundings(ctx.node)), acceptsDataLoss };
  const { gates, ...question } = judged;
  const { findings } = judgeSwap({ ...question, surroundings }, waivers, gates);
  const against = findings.filter(({ verdict }) => verdict === "refuse" || verdict === "confirm");
  if (against.length === 0) return findings;
  const { serial } = judged.plan.target;
  throw fail("swap-refused-by-gates", { node: ctx.node, serial, findings: against });
}
