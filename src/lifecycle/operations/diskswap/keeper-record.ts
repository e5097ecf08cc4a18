import type { Disk } from "../../../disks.ts";
import { readRecord } from "../../../raid/acts/record-host.ts";
import { keeperGates } from "../../../raid/gates/keeper-gates.ts";
import type { FoundMember } from "../../../raid/keepers/find-member.ts";
import { planKeeperSwap } from "../../../raid/keepers/keeper-plan.ts";
import { keepers } from "../../../raid/keepers/list.ts";
import { errorLine } from "../../../raid/verify-swap.ts";
import type { World } from "../../../raid/world.ts";
import type { StepDefinition } from "../../step.ts";
import { look, probe, repeatably, type Swap } from "./hands.ts";
import { requestedMember } from "./keeper-request.ts";
import { keep, placesIn } from "./memory.ts";
import { judge } from "./record.ts";
import { lostRetries } from "./retries.ts";

/** Looks at everything, asks the keeper whether it can spare the disk, and the gates; writes down how it was. */
export const keeperRecord = (swap: Swap): StepDefinition => ({
  name: "keeper-record",
  label: "Look at everything and ask the gates",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 20_000,
  retries: lostRetries,
  run: async (ctx) => {
    const world = await look(swap, ctx, "all");
    const probes = await probe(swap, ctx);
    const found = requestedMember(world, ctx);
    const { pool, member } = found;
    const plan = planKeeperSwap(world, found, await swap.parts.recorded?.(ctx.node));
    keepers[pool.kind].steps(pool, member, world.disks);
    await judge(swap, ctx, { world, plan, probes, gates: keeperGates(found) });
    await keep(ctx, "record", readRecord(await repeatably(swap, ctx, swap.seams.acts.recordHost())));
    await keep(ctx, "probes", probes);
    await keep(ctx, "places", placesIn(world));
    await keep(ctx, "oldKernelErrors", world.kernelErrors.map(errorLine));
    await keep(ctx, "kept", { pool, member, disks: disksOf(world, found) });
    await keep(ctx, "plan", plan);
    await ctx.note(`plan: hot swap of ${plan.target.serial}, in ${pool.name} (${pool.kind} ${pool.level})`);
    return undefined;
  },
});

const disksOf = (world: World, { pool }: FoundMember): readonly Disk[] =>
  world.disks.filter(({ serial }) => serial !== undefined && pool.members.some((one) => one.serial === serial));
