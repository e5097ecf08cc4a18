import { roles } from "../../roles/list.ts";
import type { ClusterNode } from "../converge/cluster-view.ts";
import { type Choice, chooseNodes, type FleetNode } from "../converge/limit.ts";
import type { AnyRole } from "../converge/role.ts";
import { type Rollout, type Track, tracksOf } from "../converge/rollout-policy.ts";
import { parseSelector, type Selector } from "../converge/selector.ts";
import { findNode } from "../inventory/explain.ts";
import type { ClusterMember } from "./clusters.ts";
import { roleRequestsOf } from "./roles.ts";
import type { LoadedSite } from "./site.ts";

/** All nodes of an inventory in its order, as far as choosing among them goes. */
export function fleetOf(site: LoadedSite): readonly FleetNode[] {
  return [...site.inventory.nodes.values()].map(({ name, groups, rack }) => ({
    ...{ name, groups, rack },
    roles: rolesOfNode(site, name),
  }));
}

const rolesOfNode = (site: LoadedSite, node: string) => roleRequestsOf(site, node).map(({ role }) => role);

/** The same nodes as roles see them. */
export function clusterNodesOf(site: LoadedSite): readonly ClusterNode[] {
  const addressOf = (name: string) => site.inventory.nodes.get(name)?.interfaces[0]?.address ?? "";
  return fleetOf(site).map((node) => ({ ...node, address: addressOf(node.name) }));
}

/** What was typed: `provision apply [NODE…] [--limit L] [--all] [--max N]`. */
export type Asked = Omit<Choice, "fleet">;

/** The nodes that are meant. Throws `inventory-unknown-node` and what `chooseNodes` throws, before anything is done. */
export function chosenNodes(site: LoadedSite, asked: Asked): readonly FleetNode[] {
  for (const name of asked.names) findNode(site.inventory, name);
  return chooseNodes({ fleet: fleetOf(site), ...asked });
}

/** In which waves these nodes go, by the policies of their roles. */
export function rolloutOf(
  site: LoadedSite,
  nodes: readonly FleetNode[],
  known: readonly AnyRole[] = roles,
): readonly Track[] {
  const rollouts = known.flatMap(({ name, rollout }): [string, Rollout][] => (rollout ? [[name, rollout]] : []));
  return tracksOf({ nodes, fleet: fleetOf(site), rollouts: new Map(rollouts) });
}

/** `--only` against the roles of this program, so that a slip is known before any connection. */
export const selectorOf = (text: string, known: readonly AnyRole[] = roles): Selector =>
  parseSelector(
    text,
    known.map(({ name }) => name),
  );

/** Those roles of a node whose nodes make a cluster that one of them begins. */
export function clustersOf(
  site: LoadedSite,
  node: string,
  known: readonly AnyRole[] = roles,
): readonly ClusterMember[] {
  const own = rolesOfNode(site, node);
  const clusters = known.filter(({ name, rollout }) => rollout?.bootstrap === "once" && own.includes(name));
  if (clusters.length === 0) return [];
  const fleet = fleetOf(site);
  return clusters.map(({ name: role }) => ({
    ...{ role, node },
    bearers: fleet.filter((other) => other.roles.includes(role)).map(({ name }) => name),
  }));
}
