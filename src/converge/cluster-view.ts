import type { Facts } from "../facts/list.ts";

/** Another node of the site, as the inventory has it. */
export interface ClusterNode {
  readonly name: string;
  /** Where it is reached, IPv4. */
  readonly address: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly rack: string | undefined;
}

/** What was last read of a node, and how long ago. */
export interface KnownFacts {
  readonly facts: Partial<Facts>;
  /** Of the oldest of them. */
  readonly ageSeconds: number;
  /** Of each by its name: a run reads only those that it needs. */
  readonly agesSeconds: Readonly<Record<string, number>>;
}

/**
 * What a role may know of the other nodes: from the inventory and from stored facts, never from who is in this run.
 * A list that is made of it is the same whatever `--limit` says.
 */
export interface ClusterView {
  /** All nodes of the site that have this role, in the inventory's order, this node among them. */
  readonly members: readonly ClusterNode[];
  /** All nodes of the site. */
  readonly nodes: readonly ClusterNode[];
  /** Those that have another role: the database servers, for an application. */
  withRole(role: string): readonly ClusterNode[];
  inGroup(group: string): readonly ClusterNode[];
  /** Must this node begin the cluster? True on one node only, until it was seen to work; see `rollout.bootstrap`. */
  readonly bootstrap: boolean;
  /** `undefined`: nothing was ever read of it. The role says what age it can do with. */
  factsOf(node: string): KnownFacts | undefined;
}

/** The site as all roles of one node see it; each role gets its own {@link ClusterView} of it. */
export interface ClusterSource {
  readonly nodes: readonly ClusterNode[];
  /** Roles of this node whose cluster it has to begin. */
  readonly bootstraps: ReadonlySet<string>;
  factsOf(node: string): KnownFacts | undefined;
}

const nobody: ClusterSource = { nodes: [], bootstraps: new Set(), factsOf: () => undefined };

/** A role's view; without a source it is alone in the world. */
export function clusterViewOf(role: string, source: ClusterSource = nobody): ClusterView {
  const { nodes, bootstraps, factsOf } = source;
  const withRole = (wanted: string) => nodes.filter(({ roles }) => roles.includes(wanted));
  return {
    ...{ nodes, members: withRole(role), withRole },
    inGroup: (group) => nodes.filter(({ groups }) => groups.includes(group)),
    bootstrap: bootstraps.has(role),
    factsOf: (node) => factsOf(node),
  };
}
