import type { Disk, Pool } from "../../../disks.ts";
import type { FoundMember } from "../../../raid/keepers/find-member.ts";
import type { KeeperSteps } from "../../../raid/keepers/keeper.ts";
import { keepers } from "../../../raid/keepers/list.ts";
import { poolIn } from "../../../raid/keepers/member-progress.ts";
import type { World } from "../../../raid/world.ts";
import { fail } from "../../errors.ts";
import type { Json, Parameters, StepContext } from "../../step.ts";
import { recall } from "./memory.ts";

/** Whose disk it is: in an operation's parameters, `keeper`. */
export interface KeeperRequest {
  readonly pool: string;
  readonly kind: Pool["kind"];
  /** As its keeper calls it. */
  readonly member: string;
}

/** A member, its pool, and the disks of this host that are in it, as they were before anything was done. */
export interface KeptMember extends FoundMember {
  readonly disks: readonly Disk[];
}

/** From an operation's parameters, which went through the records; absent: the disk is md's. */
export function keeperRequestOf({ keeper }: Parameters): KeeperRequest | undefined {
  if (!isFields(keeper)) return undefined;
  const kind = (Object.keys(keepers) as Pool["kind"][]).find((one) => one === keeper.kind);
  const { pool, member } = keeper;
  if (!kind || typeof pool !== "string" || typeof member !== "string") return undefined;
  return { pool, kind, member };
}

const isFields = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The member that is asked for, in the world as it is now. @throws `swap-member-unknown` */
export function requestedMember(world: World, { node, parameters }: StepContext): FoundMember {
  const request = keeperRequestOf(parameters);
  if (!request) throw new Error("a keeper's swap without a keeper");
  const pool = poolIn(world, { kind: request.kind, name: request.pool });
  const member = pool?.members.find(({ name }) => name === request.member);
  const { disk } = parameters;
  const isSame = member && (member.serial === undefined || member.serial === disk);
  if (pool && member && isSame) return { pool, member };
  const seen = member?.serial === undefined ? "it isn't there" : `there is ${member.serial} now`;
  throw fail("swap-member-unknown", { node, pool: request.pool, member: request.member, seen });
}

/** As it was recorded; steps behind the first one always have it. */
export function keptOf(ctx: StepContext): KeptMember {
  const kept = recall(ctx, "kept");
  if (!kept) throw new Error("a keeper's swap without a record of its member");
  return kept;
}

/** What its replacement is made of, as of the record: what the acts themselves compare the host with. */
export const keeperStepsOf = (ctx: StepContext): KeeperSteps => {
  const { pool, member, disks } = keptOf(ctx);
  return keepers[pool.kind].steps(pool, member, disks);
};
