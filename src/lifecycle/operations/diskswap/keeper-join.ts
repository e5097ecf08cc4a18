import { ProvisionError, toRecord } from "../../../errors.ts";
import { isJoinedTo, memberIn, poolIn } from "../../../raid/keepers/member-progress.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { StepContext, StepDefinition } from "../../step.ts";
import { askWatching } from "./ask.ts";
import { act, proven, type Swap } from "./hands.ts";
import { bayOf, isOfController, lookIntoBay, withPools } from "./keeper-bay.ts";
import { findInBay, isStillIn } from "./keeper-new.ts";
import { keeperStepsOf, keptOf } from "./keeper-request.ts";
import { keep, newSerialOf, planOf, recall } from "./memory.ts";
import { wipeQuestion } from "./questions.ts";
import { lostRetries } from "./retries.ts";
import { mayErase } from "./wipe.ts";

/** The new disk takes the old one's place, and is filled from then on. */
export const keeperJoin = (swap: Swap): StepDefinition => ({
  name: "keeper-join",
  label: "Give the pool its new disk",
  idempotent: true,
  deadlineMs: swap.parts.times.handsMs,
  expectedMs: 30_000,
  retries: lostRetries,
  run: async (ctx) => {
    if (recall(ctx, "sameDisk")) await takeSame(swap, ctx);
    else if (isOfController(ctx)) await intoBay(swap, ctx);
    else await intoPool(swap, ctx, newSerialOf(ctx));
    const serial = newSerialOf(ctx);
    const { pool } = keptOf(ctx);
    const isSo = (world: World) => isJoinedNow(world, ctx);
    await proven(swap, ctx, { what: `${serial} in ${pool.name}`, depth: "pools", isSo });
    return undefined;
  },
});

function isJoinedNow(world: World, ctx: StepContext): boolean {
  const { pool, member } = keptOf(ctx);
  const now = poolIn(world, pool);
  if (!now) return false;
  const again = recall(ctx, "sameDisk") ? memberIn(now, member)?.state : undefined;
  return again === undefined ? isJoinedTo(now, newSerialOf(ctx)) : again !== "missing";
}

/** Only re-seated: what was written meanwhile is all that it lacks. */
async function takeSame(swap: Swap, ctx: StepContext): Promise<void> {
  const { takeBack } = keeperStepsOf(ctx);
  if (!("none" in takeBack)) await act(swap, ctx, takeBack);
}

/** Each act is sent once, and once more if nobody knows that it ended: each finds what is done done. */
async function intoPool(swap: Swap, ctx: StepContext, fresh: string): Promise<void> {
  if (!(await isStillIn(swap, ctx, newSerialOf(ctx))))
    throw fail("swap-new-disk-lost", { node: ctx.node, serial: newSerialOf(ctx) });
  const acts = keeperStepsOf(ctx).join(fresh, recall(ctx, "mayWipe") === newSerialOf(ctx));
  for (const one of acts) {
    const done = recall(ctx, "joinedBy") ?? [];
    if (done.includes(`${newSerialOf(ctx)} ${one.name}`)) continue;
    for (const line of await act(swap, ctx, one)) ctx.line(line);
    await keep(ctx, "joinedBy", [...done, `${newSerialOf(ctx)} ${one.name}`]);
  }
}

/** Refusals by which another disk helps, or the same one in a moment; all others end the step. */
const disksFault: readonly string[] = ["no-disk", "same-disk", "no-serial", "disk-bad", "disk-in-use"];

async function intoBay(swap: Swap, ctx: StepContext): Promise<void> {
  for (;;) {
    const bay = bayOf(ctx);
    const seen = bay && (await lookIntoBay(swap, ctx, bay));
    if (seen !== newSerialOf(ctx)) {
      await findInBay(swap, ctx, `${newSerialOf(ctx)} isn't in its bay any more`);
      continue;
    }
    try {
      return await intoPool(swap, ctx, bay?.name ?? "");
    } catch (error) {
      const [because, words] = refusalOf(error);
      if (because === "disk-not-blank") await askToErase(swap, ctx, words);
      else if (disksFault.includes(because)) await findInBay(swap, ctx, `${newSerialOf(ctx)} isn't taken: ${words}`);
      else throw error;
    }
  }
}

/** `giving … was refused by the host (disk-bad): …` */
function refusalOf(error: unknown): readonly [because: string, words: string] {
  if (!(error instanceof ProvisionError) || error.code !== "swap-refused") return ["", ""];
  const [, because = "", words = ""] = /\(([a-z-]+)\): (.*)$/s.exec(toRecord(error).message) ?? [];
  return [because, words];
}

/** What an earlier owner left on it may go when somebody says so, by the NEW disk's serial number. */
async function askToErase(swap: Swap, ctx: StepContext, found: string): Promise<void> {
  const [plan, kept, serial] = [planOf(ctx), keptOf(ctx), newSerialOf(ctx)];
  if (recall(ctx, "mayWipe") === serial) throw fail("swap-not-erasable", { node: ctx.node, serial, found });
  const answer = await askWatching<"wipe" | "gone">(swap, ctx, plan, {
    question: (complaint) => wipeQuestion({ serial, sizeBytes: 0 }, [found], complaint),
    seen: async () => ((await isStillIn(swap, ctx, serial)) ? undefined : "gone"),
    answered: (typed) => mayErase(typed, serial, withPools(plan, kept).knownSerials),
  });
  if (answer === "gone") return;
  await keep(ctx, "mayWipe", serial);
  await ctx.note(`${serial} may be erased: ${found}`);
}
