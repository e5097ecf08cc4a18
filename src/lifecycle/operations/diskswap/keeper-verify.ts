import { otherPlaces } from "../../../raid/keepers/find-member.ts";
import { poolFailures, poolIn } from "../../../raid/keepers/member-progress.ts";
import { judgeSmart } from "../../../raid/smart-verdict.ts";
import { errorLine } from "../../../raid/verify-swap.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, repeatably, type Swap } from "./hands.ts";
import { setKeeperLight } from "./keeper-identify.ts";
import { keeperStepsOf, keptOf } from "./keeper-request.ts";
import { newSerialOf, planOf, recall } from "./memory.ts";
import { lostRetries } from "./retries.ts";

/** What its keeper says, and what it doesn't: errors of those that stayed, SMART, the kernel's log. */
export const keeperVerify = (swap: Swap): StepDefinition => ({
  name: "keeper-verify",
  label: "Prove that it is whole again",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 60_000,
  retries: lostRetries,
  run: async (ctx) => {
    const { finish, locateOff } = keeperStepsOf(ctx);
    await setKeeperLight(swap, ctx, locateOff);
    for (const one of finish) for (const line of await repeatably(swap, ctx, one)) ctx.line(line);
    const newSerial = newSerialOf(ctx);
    const failures = failuresIn(await look(swap, ctx, "all"), ctx);
    if (failures.length > 0) throw fail("swap-degraded-done", { node: ctx.node, newSerial, failures });
    await ctx.note(`${newSerial} has taken the place of ${planOf(ctx).target.serial} in ${keptOf(ctx).pool.name}`);
    return undefined;
  },
});

function failuresIn(world: World, ctx: StepContext): readonly string[] {
  const kept = keptOf(ctx);
  const now = poolIn(world, kept.pool);
  const newSerial = newSerialOf(ctx);
  const member = now?.members.find(({ serial }) => serial === newSerial);
  const others = now && member ? otherPlaces(world, { pool: now, member }) : [];
  return [
    ...poolFailures(kept.pool, now, newSerial),
    ...others
      .filter(({ pool }) => pool.state !== "ok")
      .map(({ pool }) => `${pool.name} is ${pool.state}: ${pool.said}`),
    ...illOf(world, newSerial),
    ...newErrors(world, ctx),
  ];
}

const illOf = ({ smart }: World, serial: string): readonly string[] =>
  smart
    .filter((report) => report.serial === serial)
    .flatMap((report) => judgeSmart(report))
    .flatMap(({ severity, text }) => (severity === "at-risk" ? [`${serial}: ${text}`] : []));

/** Of the pool's disks, since the swap began; names that lead nowhere now are the old disk's. */
function newErrors(world: World, ctx: StepContext): readonly string[] {
  const { disks } = keptOf(ctx);
  const known = recall(ctx, "oldKernelErrors") ?? [];
  const serials = [newSerialOf(ctx), ...disks.flatMap(({ serial }) => serial ?? [])];
  const names = world.disks
    .filter(({ serial }) => serial !== undefined && serials.includes(serial) && serial !== planOf(ctx).target.serial)
    .flatMap(({ name, partitions }) => [name, ...partitions.map((one) => one.name)]);
  return world.kernelErrors
    .filter(({ device }) => names.includes(device))
    .map(errorLine)
    .filter((line) => !known.includes(line))
    .map((line) => `a new error in the kernel's log: ${line}`);
}
