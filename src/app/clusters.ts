import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import { answerBootstrap } from "../converge/bootstrap.ts";
import { fail } from "../converge/rollout-errors.ts";
import type { Database } from "../store/database.ts";
import type { FleetTables } from "./fleet-tables.ts";

/** A role of this node whose nodes make a cluster. */
export interface ClusterMember {
  readonly role: string;
  readonly node: string;
  /** All nodes of the role, in the inventory's order. */
  readonly bearers: readonly string[];
}

/** Who has begun which cluster, and who was ever seen to work in one. */
export interface Clusters {
  /**
   * Before anything is done to a node: must it begin the cluster? If so, that is on the disk when this returns, so that
   * neither a crash nor another process ever lets a second node begin one. Throws `bootstrap-elsewhere`.
   */
  admit(member: ClusterMember, by: string): Promise<{ readonly bootstrap: boolean }>;
  /** The same question by somebody who only looks: nothing is written down, and nothing refused. */
  foresee(member: ClusterMember): Promise<{ readonly bootstrap: boolean }>;
  /** The node was seen to keep the promises of these roles. */
  verified(node: string, roles: readonly string[]): Promise<void>;
  /** What is forgotten can't have begun anything; a role of which no node is left known may be begun anew. */
  forget(node: string): Promise<void>;
}

type Db = Kysely<FleetTables>;

export function createClusters(database: Database, clock: Clock): Clusters {
  const db = database.tables<FleetTables>();
  return {
    admit: (member, by) => db.transaction().execute((tx) => admit(tx, member, { by, at: clock.now().getTime() })),
    foresee: async (member) => ({ bootstrap: (await answerFor(db, member)).kind === "bootstrap" }),
    verified: async (node, roles) => {
      if (roles.length === 0) return;
      const at = clock.now().getTime();
      await db
        .replaceInto("fleet_verified")
        .values(roles.map((role) => ({ role, node, at })))
        .execute();
    },
    forget: (node) => db.transaction().execute((tx) => forget(tx, node)),
  };
}

async function answerFor(db: Db, { role, node, bearers }: ClusterMember) {
  const armed = await db.selectFrom("fleet_bootstraps").select("node").where("role", "=", role).executeTakeFirst();
  const verified = await db.selectFrom("fleet_verified").select("node").where("role", "=", role).execute();
  return answerBootstrap({ node, bearers, armed: armed?.node, verified: verified.map((row) => row.node) });
}

async function admit(db: Db, member: ClusterMember, record: { readonly by: string; readonly at: number }) {
  const { role, node } = member;
  const answer = await answerFor(db, member);
  if (answer.kind === "wait")
    throw fail("bootstrap-elsewhere", { node, role, first: answer.first, begun: answer.begun });
  if (answer.kind === "bootstrap" && answer.record) {
    await db
      .insertInto("fleet_bootstraps")
      .values({ role, node, ...record })
      .execute();
  }
  return { bootstrap: answer.kind === "bootstrap" };
}

async function forget(db: Db, node: string): Promise<void> {
  const marked = await db.deleteFrom("fleet_verified").where("node", "=", node).returning("role").execute();
  const armed = await db.selectFrom("fleet_bootstraps").select("role").where("node", "=", node).execute();
  const roles = [...marked, ...armed].map(({ role }) => role);
  const alive = db.selectFrom("fleet_verified").select("role");
  await db.deleteFrom("fleet_bootstraps").where("role", "in", roles).where("role", "not in", alive).execute();
  await db.deleteFrom("fleet_facts").where("node", "=", node).execute();
}
