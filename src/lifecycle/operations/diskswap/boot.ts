import type { Disk } from "../../../disks.ts";
import type { Act } from "../../../raid/acts/act.ts";
import { bootStateOf, starts } from "../../../raid/bootable.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, proven, repeatably, type Swap } from "./hands.ts";
import { diskWith, keep, newSerialOf, planOf, recall } from "./memory.ts";
import { lostRetries } from "./retries.ts";

/** Every survivor starts the machine by itself before anything leaves it (F5: else it hangs without a word). */
export const prepareBoot = (swap: Swap): StepDefinition => ({
  name: "prepare-boot",
  label: "Make every survivor start the machine",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 30_000,
  retries: lostRetries,
  run: async (ctx) => {
    const plan = planOf(ctx);
    const world = await look(swap, ctx, "all");
    const lacking = plan.survivors.filter((serial) => lacksLoader(world, serial));
    if (lacking.length === 0) return { skipped: "every survivor that is to start it does" };
    for (const serial of lacking) await install(swap, ctx, { plan, serial });
    return undefined;
  },
});

/** The new disk's boot loader; the rebuild may run meanwhile. */
export const bootLoader = (swap: Swap): StepDefinition => ({
  name: "boot-loader",
  label: "Make the new disk start the machine",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 30_000,
  retries: lostRetries,
  run: async (ctx) => {
    const [plan, serial] = [planOf(ctx), newSerialOf(ctx)];
    if (!plan.biosBoot && !plan.esp) return { skipped: "the old disk didn't start it either" };
    return (await install(swap, ctx, { plan, serial })) ? undefined : { skipped: "its boot loader is there already" };
  },
});

function lacksLoader(world: World, serial: string): boolean {
  const disk = diskWith(world, serial);
  const found = disk && starts(world, disk);
  return found?.kind === "no" && found.lacks === "loader";
}

/** Told by what is on the disk itself: while it is being rebuilt, nothing else tells. */
function hasLoader(world: World, plan: SwapPlan, serial: string): boolean {
  const disk = diskWith(world, serial);
  const state = disk && bootStateOf(world, disk);
  if (!state) return false;
  if (plan.firmware === "bios") return state.bootCode && state.biosBoot?.empty !== true;
  return Object.keys(state.esp?.files ?? {}).some((path) => path.endsWith(".efi"));
}

interface Installing {
  readonly plan: SwapPlan;
  readonly serial: string;
}

/**
 * Gives whether anything was done. What was begun is done again, as both acts allow: that a loader is there doesn't tell
 * that the firmware knows of it.
 */
async function install(swap: Swap, ctx: StepContext, { plan, serial }: Installing): Promise<boolean> {
  const done = recall(ctx, "bootInstalled") ?? [];
  const isSo = (now: World) => hasLoader(now, plan, serial) && !lacksLoader(now, serial);
  const world = await look(swap, ctx, "all");
  if (done.includes(serial) && isSo(world)) return false;
  for (const what of actsFor(swap, ctx, { plan, serial, world })) await repeatably(swap, ctx, what);
  await proven(swap, ctx, { what: `a boot loader on ${serial}`, depth: "all", isSo });
  await keep(ctx, "bootInstalled", [...done, serial]);
  return true;
}

/** @throws `swap-no-boot-model` */
function actsFor(
  { seams: { acts } }: Swap,
  { node }: StepContext,
  { plan, serial, world }: Installing & { readonly world: World },
): readonly Act[] {
  const model = modelFor(world, plan, serial);
  if (plan.firmware === "bios") {
    const own = numberOf(diskWith(world, serial), bootOf(world, serial)?.biosBoot?.partition);
    const biosBoot = own ?? plan.biosBoot?.partition;
    const from = model === undefined ? {} : { fromSerial: model };
    const boot = acts.installBoot({
      serial,
      firmware: "bios",
      ...(biosBoot === undefined ? {} : { biosBoot }),
      ...from,
    });
    return [...spareEsp({ acts, plan, serial, world, model }), boot];
  }
  const from = model === undefined ? undefined : espOf(world, model);
  const esp = espOf(world, serial) ?? plan.esp?.partition;
  if (model === undefined || from === undefined || esp === undefined)
    throw fail("swap-no-boot-model", { node, serial });
  return [
    acts.makeEsp({ serial, partition: esp, fromSerial: model, fromPartition: from }),
    acts.installBoot({ serial, firmware: "uefi", esp, fromSerial: model, fromEsp: from }),
  ];
}

interface SpareEsp extends Installing {
  readonly acts: Swap["seams"]["acts"];
  readonly world: World;
  readonly model: string | undefined;
}

/** A BIOS doesn't start from an ESP, but it may be mounted: its place on the new disk mustn't stay without a file system. */
function spareEsp({ acts, plan, serial, world, model }: SpareEsp): readonly Act[] {
  const from = model === undefined ? undefined : espOf(world, model);
  const isNew = !plan.survivors.includes(serial);
  if (!plan.esp || !isNew || model === undefined || from === undefined || !isFat(world, model)) return [];
  return [acts.makeEsp({ serial, partition: plan.esp.partition, fromSerial: model, fromPartition: from })];
}

/** One that was never given a file system is no pattern. */
function isFat(world: World, serial: string): boolean {
  const name = bootOf(world, serial)?.esp?.partition;
  return world.blocks.some((block) => block.name === name && block.content === "vfat");
}

const bootOf = (world: World, serial: string) => world.boot.find((state) => state.serial === serial);

const numberOf = (disk: Disk | undefined, name: string | undefined): number | undefined =>
  disk?.partitions.find((one) => one.name === name)?.number;

const espOf = (world: World, serial: string) =>
  numberOf(diskWith(world, serial), bootOf(world, serial)?.esp?.partition);

/** A disk that starts the machine: the survivors first, then the target, as long as it is there. */
const modelFor = (world: World, plan: SwapPlan, serial: string): string | undefined =>
  [...plan.survivors, plan.target.serial].find(
    (one) => one !== serial && diskWith(world, one) !== undefined && hasLoader(world, plan, one),
  );
