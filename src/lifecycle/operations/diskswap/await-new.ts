import { readVet } from "../../../raid/acts/vet-disk.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { look, repeatably, type Swap } from "./hands.ts";
import { diskWith, newSerialOf, planOf, recall } from "./memory.ts";
import { findNewDisk, illsOf, type Refused } from "./new-disk.ts";
import { sizeText } from "./questions.ts";
import { lostRetries } from "./retries.ts";

/** Until a disk is in that may take the old one's place. */
export const awaitNew = (swap: Swap): StepDefinition => ({
  name: "await-new",
  label: "Wait for the new disk",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 300_000,
  retries: lostRetries,
  run: async (ctx) => {
    const plan = planOf(ctx);
    const serial = await findNewDisk(swap, ctx, plan, new Map());
    const disk = diskWith(await look(swap, ctx, "arrays"), serial);
    const size = disk ? `, ${sizeText(disk.sizeBytes)}` : "";
    await ctx.note(serial === plan.target.serial ? `${serial} is put in again` : `the new disk is ${serial}${size}`);
    return undefined;
  },
});

/** Health and a short self-test. One that fails is held for another one. */
export const vet = (swap: Swap): StepDefinition => ({
  name: "vet",
  label: "Test the new disk",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 120_000,
  retries: lostRetries,
  run: async (ctx) => {
    if (recall(ctx, "sameDisk")) return { skipped: "it is the old disk" };
    await settleOnNew(swap, ctx, planOf(ctx));
    return undefined;
  },
});

/** The remembered disk, if it is in and well; else the next one that is. Gives its serial number. */
export async function settleOnNew(swap: Swap, ctx: StepContext, plan: SwapPlan): Promise<string> {
  const refused: Refused = new Map();
  for (let serial = newSerialOf(ctx); ; serial = await findNewDisk(swap, ctx, plan, refused)) {
    if (recall(ctx, "sameDisk")) return serial;
    const against = await ills(swap, ctx, serial);
    if (against.length === 0) return serial;
    const complaint = `${serial} isn't taken: ${against.join("; ")}`;
    await ctx.note(complaint);
    refused.set(serial, complaint);
  }
}

async function ills(swap: Swap, ctx: StepContext, serial: string): Promise<readonly string[]> {
  if (!diskWith(await look(swap, ctx, "arrays"), serial)) return ["it was taken out again"];
  const test = readVet(await repeatably(swap, ctx, swap.seams.acts.vetDisk({ serial })));
  if (test.selfTest === "none") ctx.line(`${serial} was not self-tested: ${test.said || "it keeps no such test"}`);
  const world = await look(swap, ctx, "all");
  const hours = world.smart.find((report) => report.serial === serial)?.powerOnHours ?? 0;
  if (hours > usedHours) await ctx.note(`${serial} isn't new: it has run for ${hours} hours`);
  return [...(test.selfTest === "failed" ? [`its self-test failed: ${test.said}`] : []), ...illsOf(world, serial)];
}

/** A disk that was only tested by its maker has a few. */
const usedHours = 24;
