import { isInSync } from "../../../raid/members.ts";
import { isAddedTo, isPartitioned, isPresent } from "../../../raid/progress.ts";
import type { Membership, SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { ensure, look, type Swap } from "./hands.ts";
import { arrayWith, newSerialOf, planOf, recall } from "./memory.ts";
import { reAdd } from "./put-back.ts";
import { lostRetries } from "./retries.ts";

/** The partitions of a survivor that is laid out the same, or the old disk's own from the record. */
export const partition = (swap: Swap): StepDefinition => ({
  name: "partition",
  label: "Partition the new disk",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 10_000,
  retries: lostRetries,
  run: async (ctx) => {
    const [plan, serial] = [planOf(ctx), newSerialOf(ctx)];
    if (recall(ctx, "sameDisk")) return { skipped: "it is the old disk" };
    if (plan.table.kind === "none") return { skipped: "the arrays have whole disks" };
    await stillIn(swap, ctx, serial);
    const dump = plan.table.kind === "record" ? recall(ctx, "record")?.tables[plan.target.serial] : undefined;
    if (plan.table.kind === "record" && dump === undefined)
      throw fail("swap-table-unknown", { node: ctx.node, serial: plan.target.serial });
    const made = await ensure(swap, ctx, {
      what: `${serial} with the old disk's partitions`,
      depth: "arrays",
      isSo: (world) => isPartitioned(world, plan, serial),
      act: () => swap.seams.acts.partitionDisk({ serial, from: plan.table, ...(dump === undefined ? {} : { dump }) }),
    });
    return made ? undefined : { skipped: "it is partitioned already" };
  },
});

/** Smallest array first: arrays that share disks are rebuilt in the order of adding (F14). */
export const add = (swap: Swap): StepDefinition => ({
  name: "add",
  label: "Add the new disk to the arrays",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 10_000,
  retries: lostRetries,
  run: async (ctx) => {
    const [plan, serial] = [planOf(ctx), newSerialOf(ctx)];
    await stillIn(swap, ctx, serial);
    for (const membership of plan.memberships) await join(swap, ctx, { plan, membership, serial });
    return undefined;
  },
});

async function stillIn(swap: Swap, ctx: StepContext, serial: string): Promise<void> {
  if (isPresent(await look(swap, ctx, "arrays"), serial)) return;
  throw fail("swap-new-disk-lost", { node: ctx.node, serial });
}

interface Joining {
  readonly plan: SwapPlan;
  readonly membership: Membership;
  readonly serial: string;
}

async function join(swap: Swap, ctx: StepContext, { plan, membership, serial }: Joining): Promise<void> {
  const { arrayUuid, array, partition: number } = membership;
  if (recall(ctx, "sameDisk")) return reAdd(swap, ctx, { serial, arrayUuid, array, partition: number });
  const { acts } = swap.seams;
  const place = { arrayUuid, serial, partition: number };
  await ensure(swap, ctx, {
    what: `${serial} in ${array}`,
    depth: "arrays",
    isSo: (world) => isAddedTo(world, membership, serial),
    act: (world) =>
      plan.mode === "add-first" && isServing(world, { plan, membership })
        ? acts.replaceMember({
            ...{ arrayUuid, oldSerial: plan.target.serial, oldPartition: number },
            ...{ newSerial: serial, newPartition: number },
          })
        : acts.addMember(place),
  });
}

/** Can the old one still be copied from? */
const isServing = (world: World, { plan, membership }: Omit<Joining, "serial">) =>
  arrayWith(world, membership.arrayUuid)?.members.some((one) => one.serial === plan.target.serial && isInSync(one)) ??
  false;
