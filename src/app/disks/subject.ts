import type { KeeperRequest } from "../../lifecycle/operations/diskswap/keeper-request.ts";
import type { Gate } from "../../raid/gates/gate.ts";
import { keeperGates } from "../../raid/gates/keeper-gates.ts";
import { type FoundMember, findPoolMember, membersMeant } from "../../raid/keepers/find-member.ts";
import { labelOfMember, planKeeperSwap } from "../../raid/keepers/keeper-plan.ts";
import { makePlan, type PlanOptions } from "../../raid/make-plan.ts";
import type { SwapPlan } from "../../raid/swap-plan.ts";
import { resolveTarget } from "../../raid/target.ts";
import type { World } from "../../raid/world.ts";
import { fail } from "../errors.ts";
import { type Meant, serialOf } from "./meant.ts";

/** What a swap is about: one of md's disks, or, with `keeper`, one whose redundancy somebody else keeps. */
export interface Subject {
  readonly plan: SwapPlan;
  readonly keeper?: KeeperRequest;
  /** Absent: md's. */
  readonly gates?: readonly Gate[];
}

/**
 * The plan for the disk that is meant, by whoever keeps its redundancy.
 * @throws `disk-unknown`, `disk-several`, `disk-without-serial`, `keeper-hot-only`, `no-swap-plan`
 */
export function subjectOf(world: World, meant: Meant, options: PlanOptions): Subject {
  const found = keptBySomebody(world, meant);
  if (!found) return { plan: makePlan(world, serialOf(world, meant), options) };
  const { pool, member } = found;
  const { mode = "hot" } = options;
  if (mode !== "hot") throw fail("keeper-hot-only", { disk: labelOfMember(member), kind: pool.kind, mode });
  return {
    plan: planKeeperSwap(world, found, options.recorded),
    keeper: { pool: pool.name, kind: pool.kind, member: member.name },
    gates: keeperGates(found),
  };
}

/** `keeper` of a swap's parameters for the disk with this serial number; nothing of one that is md's. */
export function keeperParameters(world: World, serial: string): { readonly keeper?: { [key: string]: string } } {
  const found = findPoolMember(world, serial);
  if (typeof found === "string") return {};
  return { keeper: { pool: found.pool.name, kind: found.pool.kind, member: found.member.name } };
}

/** A word may fit one of the host's disks and a controller's: then nobody knows which one is meant. */
function keptBySomebody(world: World, { node, word, remembered }: Meant): FoundMember | undefined {
  const onHost = resolveTarget(world, word, remembered);
  if (onHost.kind === "several" || onHost.kind === "no-serial") return undefined;
  const serial = onHost.kind === "disk" ? onHost.serial : undefined;
  const meant = membersMeant(world, word).filter(({ member }) => serial === undefined || member.serial !== serial);
  const found = findPoolMember(world, serial ?? word);
  if (found !== "several" && (serial === undefined || meant.length === 0)) return found === "none" ? undefined : found;
  const names = meant.map(({ pool, member }) => `${labelOfMember(member)} (${pool.name})`);
  throw fail("disk-several", { node, word, candidates: [...(serial === undefined ? [] : [serial]), ...names] });
}
