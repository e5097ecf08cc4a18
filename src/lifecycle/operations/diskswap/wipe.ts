import { ProvisionError, toRecord } from "../../../errors.ts";
import { isPresent } from "../../../raid/progress.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { askWatching, type Complaint } from "./ask.ts";
import { settleOnNew } from "./await-new.ts";
import { act, isLost, look, type Swap } from "./hands.ts";
import { diskWith, keep, newSerialOf, planOf, recall } from "./memory.ts";
import { wipeQuestion } from "./questions.ts";
import { lostRetries } from "./retries.ts";
import { whoseEnd } from "./serial-end.ts";

/** A blank disk passes; of what is on another one somebody says that it may go, by the NEW disk's serial number. */
export const wipe = (swap: Swap): StepDefinition => ({
  name: "wipe",
  label: "Make sure that the new disk is blank",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 10_000,
  retries: lostRetries,
  run: async (ctx) => {
    if (recall(ctx, "sameDisk")) return { skipped: "it is the old disk: its own copy is still on it" };
    const plan = planOf(ctx);
    while (!(await isBlankNow(swap, ctx, plan))) await askToWipe(swap, ctx, plan);
    return undefined;
  },
});

/** Wipes what may be wiped; false: something is on it, and nobody said yet that it may go. */
async function isBlankNow(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<boolean> {
  const serial = newSerialOf(ctx);
  const allowSignatures = recall(ctx, "mayWipe") === serial;
  const knownSerials = plan.knownSerials.filter((known) => known !== serial);
  for (let lost = false; ; lost = true) {
    try {
      await act(swap, ctx, swap.seams.acts.wipeDisk({ serial, knownSerials, allowSignatures }));
      return true;
    } catch (error) {
      if (isRefusal(error, "disk-not-blank")) return false;
      if (lost || !isLost(error)) throw error;
    }
  }
}

/** `wiping was refused by the host (disk-not-blank): …` */
const isRefusal = (error: unknown, code: string) =>
  error instanceof ProvisionError && error.code === "swap-refused" && toRecord(error).message.includes(`(${code})`);

async function askToWipe(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<void> {
  const serial = newSerialOf(ctx);
  const world = await look(swap, ctx, "all");
  const disk = diskWith(world, serial) ?? { serial, sizeBytes: 0 };
  const found = contentsOf(world, serial);
  const answer = await askWatching<"wipe" | "gone">(swap, ctx, plan, {
    question: (complaint) => wipeQuestion(disk, found, complaint),
    seen: (now) => (isPresent(now, serial) ? undefined : "gone"),
    answered: (typed) => mayErase(typed, serial, plan.knownSerials),
  });
  if (answer === "gone") await settleOnNew(swap, ctx, plan);
  else await keep(ctx, "mayWipe", serial);
  if (answer === "wipe") await ctx.note(`${serial} may be wiped: ${found.join(", ") || "something is on it"}`);
}

/** May the new disk be erased? By how its serial number, and no other one's here, ends. */
export function mayErase(typed: string, serial: string, known: readonly string[]): "wipe" | Complaint {
  const meant = whoseEnd(typed, serial, known);
  if (meant.kind === "target") return "wipe";
  if (meant.kind !== "both") return { complaint: `${typed} isn't how the new disk's serial number ends` };
  return {
    complaint: `The new disk and ${meant.serial} both end with ${typed}: type the new disk's whole serial number`,
  };
}

/** `sdc1: ext4 "data"`: what lies on the disk, its partitions and what assembled itself from them. */
function contentsOf(world: World, serial: string): readonly string[] {
  const disk = diskWith(world, serial);
  if (!disk) return [];
  const names = new Set([disk.name, ...disk.partitions.map(({ name }) => name)]);
  for (const block of world.blocks) if (block.parents.some((parent) => names.has(parent))) names.add(block.name);
  return world.blocks
    .filter(({ name, content, mountPoints }) => names.has(name) && (content !== undefined || mountPoints.length > 0))
    .map(({ name, content, label }) => `${name}: ${content ?? "in use"}${label === undefined ? "" : ` "${label}"`}`);
}
