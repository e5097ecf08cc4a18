import { type FoundMember, isControllers } from "../../../raid/keepers/find-member.ts";
import { type Bay, readBay } from "../../../raid/keepers/keeper.ts";
import { lostSince, poolIn } from "../../../raid/keepers/member-progress.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { StepContext } from "../../step.ts";
import type { Complaint } from "./ask.ts";
import { look, repeatably, type Swap } from "./hands.ts";
import { keeperStepsOf, keptOf } from "./keeper-request.ts";
import { recall } from "./memory.ts";

/** The bay of a controller's disk; absent: the host itself sees the disk come and go. */
export const bayOf = (ctx: StepContext): Bay | undefined => {
  const { bay } = keeperStepsOf(ctx);
  return bay && { ...bay, name: recall(ctx, "bay") ?? bay.name };
};

export const isOfController = (ctx: StepContext): boolean => isControllers(keptOf(ctx).pool);

/** Serial number of the disk in that bay; `undefined`: nothing is in it that the controller reaches. */
export async function lookIntoBay(swap: Swap, ctx: StepContext, bay: Bay): Promise<string | undefined> {
  if (bay.name === "") return undefined;
  return readBay(await repeatably(swap, ctx, bay.look(bay.name)))?.serial;
}

/** All serial numbers that aren't the new disk's: the host's, and those of the pool, which it may not see. */
export const withPools = (plan: SwapPlan, { pool }: FoundMember): SwapPlan => ({
  ...plan,
  knownSerials: [...new Set([...plan.knownSerials, ...pool.members.flatMap(({ serial }) => serial ?? [])])],
});

/** A controller's disk that vanished isn't seen among the host's: somebody pulled the wrong one, or it failed meanwhile. */
export async function complainOfLost(swap: Swap, ctx: StepContext): Promise<Complaint | undefined> {
  const { pool, member } = keptOf(ctx);
  const now = poolIn(await look(swap, ctx, "pools"), pool);
  const lost = now ? lostSince(pool, now, member) : [];
  if (lost.length === 0) return undefined;
  const who = lost.map(({ serial, name, slot }) => `${serial ?? name}${slot === undefined ? "" : ` (slot ${slot})`}`);
  return { complaint: `STOP: ${who.join(" and ")} is out now, and must stay: put it back at once` };
}
