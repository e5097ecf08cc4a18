import { memberWith, poolIn } from "../../../raid/keepers/member-progress.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { askWatching, type Complaint } from "./ask.ts";
import { settleOnNew } from "./await-new.ts";
import { look, type Swap } from "./hands.ts";
import { bayOf, complainOfLost, isOfController, lookIntoBay, withPools } from "./keeper-bay.ts";
import { restoreOthers } from "./keeper-identify.ts";
import { newInBayQuestion } from "./keeper-questions.ts";
import { keeperStepsOf, keptOf } from "./keeper-request.ts";
import { keep, newSerialOf, planOf, recall } from "./memory.ts";
import { findNewDisk } from "./new-disk.ts";
import { lostRetries } from "./retries.ts";
import { wipe } from "./wipe.ts";

/** Until a disk is in that may take the old one's place; one that the host sees itself is tested, too. */
export const keeperNew = (swap: Swap): StepDefinition => ({
  name: "keeper-new",
  label: "Wait for the new disk",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 300_000,
  retries: lostRetries,
  run: async (ctx) => {
    if (isOfController(ctx)) await findInBay(swap, ctx, undefined);
    else await findOnHost(swap, ctx);
    await ctx.note(`the new disk is ${newSerialOf(ctx)}`);
    return undefined;
  },
});

/** A controller looks itself what is on a disk, and asks when it is given it. */
export const keeperWipe = (swap: Swap): StepDefinition => {
  const ofHost = wipe(swap);
  return {
    ...ofHost,
    name: "keeper-wipe",
    run: async (ctx) => (isOfController(ctx) ? { skipped: "its controller looks at what is on it" } : ofHost.run(ctx)),
  };
};

async function findOnHost(swap: Swap, ctx: StepContext): Promise<void> {
  const plan = planOf(ctx);
  await findNewDisk(swap, ctx, plan, new Map());
  await restoreOthers(swap, ctx);
  if (!recall(ctx, "sameDisk")) {
    await settleOnNew(swap, ctx, plan);
    return;
  }
  const { takeBack } = keeperStepsOf(ctx);
  const { serial } = plan.target;
  if ("none" in takeBack) throw fail("swap-not-taken-back", { node: ctx.node, serial, why: takeBack.none });
}

/** Remembers the bay and the serial number of the disk in it, which is neither the old one's nor a survivor's. */
export async function findInBay(swap: Swap, ctx: StepContext, refused: string | undefined): Promise<void> {
  const [plan, kept] = [planOf(ctx), keptOf(ctx)];
  const refusedSerial = refused === undefined ? undefined : recall(ctx, "newSerial");
  const serial = await askWatching<string>(swap, ctx, plan, {
    question: (complaint) =>
      newInBayQuestion({ plan, kept, bay: bayOf(ctx)?.name ?? "", complaint: complaint ?? refused }),
    seen: async () => {
      const seen = await inBay(swap, ctx);
      return "serial" in seen && seen.serial !== refusedSerial ? seen.serial : undefined;
    },
    answered: async (answer) => {
      const lost = await complainOfLost(swap, ctx);
      if (lost) return lost;
      const wrong = await takeBayName(ctx, answer);
      const seen = wrong ?? (await inBay(swap, ctx));
      return "serial" in seen ? seen.serial : seen;
    },
  });
  await keep(ctx, "newSerial", serial);
}

/** Only of a place whose bay nobody knows. */
async function takeBayName(ctx: StepContext, answer: string): Promise<Complaint | undefined> {
  if (keeperStepsOf(ctx).bay?.name) return undefined;
  if (!/^\/c\d+(?:\/e\d+)?\/s\d+$/.test(answer)) return { complaint: `${answer} isn't written as /c0/e252/s1` };
  await keep(ctx, "bay", answer);
  return undefined;
}

async function inBay(swap: Swap, ctx: StepContext): Promise<{ readonly serial: string } | Complaint> {
  const [plan, kept, bay] = [planOf(ctx), keptOf(ctx), bayOf(ctx)];
  const serial = bay && (await lookIntoBay(swap, ctx, bay));
  if (serial === undefined) return { complaint: `Nothing is seen in ${bay?.name || "that bay"} yet` };
  if (serial === "") return { complaint: "The disk in that bay tells no serial number: nothing is done to such a one" };
  if (serial === plan.target.serial) return { complaint: `In that bay is the old disk, ${serial}` };
  if (withPools(plan, kept).knownSerials.includes(serial))
    return { complaint: `In that bay is ${serial}, which was here before` };
  return { serial };
}

/** Is the disk that was recognised still there? */
export async function isStillIn(swap: Swap, ctx: StepContext, serial: string): Promise<boolean> {
  const bay = bayOf(ctx);
  if (bay) return (await lookIntoBay(swap, ctx, bay)) === serial;
  const world = await look(swap, ctx, "pools");
  const pool = poolIn(world, keptOf(ctx).pool);
  return world.disks.some((disk) => disk.serial === serial) || (pool && memberWith(pool, serial)) !== undefined;
}
