import { z } from "zod";
import { Secret } from "../secret.ts";
import { formatSubnet } from "../wire/addresses.ts";
import type { KnownRole } from "./checks/roles.ts";
import { fail } from "./errors.ts";
import { assignedRoles, mergedParameters } from "./levels.ts";
import type { Loaded } from "./load.ts";
import { suggest } from "./nearest.ts";
import type { Inventory, Node, Profile } from "./schema.ts";
import { masked } from "./schema-walk.ts";

/** Finds a node by name. Throws `inventory-unknown-node`, with what was probably meant. */
export function findNode(inventory: Inventory, name: string): { readonly node: Node; readonly profile: Profile } {
  const node = inventory.nodes.get(name);
  if (!node) throw fail("inventory-unknown-node", { name, known: suggest(name, inventory.nodes.keys()) });
  return { node, profile: inventory.profiles.get(node.profile) as Profile };
}

/**
 * All that is known of a node, with what it inherits from its networks, its profile, its groups and the site: a plain value
 * for `provision inventory show`. Its roles are in the order of the work, with what is set for them anywhere; secrets are
 * `***`. Throws `inventory-unknown-node`.
 */
export function explainNode(
  { inventory, levels }: Pick<Loaded, "inventory" | "levels">,
  name: string,
  known: readonly KnownRole[] = [],
): Record<string, unknown> {
  const { node, profile } = findNode(inventory, name);
  const { site } = inventory;
  const roles = assignedRoles(levels(name)).map((role) => {
    const schema = known.find((one) => one.name === role.name)?.parameters ?? z.unknown();
    return [role.name, masked(schema, mergedParameters(role))] as const;
  });
  const { interfaces, profile: profileName, roles: _own, ...rest } = node;
  const explained = {
    ...rest,
    hostName: `${name}.${site.domain}`,
    interfaces: interfaces.map((entry) => {
      const network = site.networks[entry.network];
      if (!network) return entry;
      const { subnet, controller, gateway, dns } = network;
      return { ...entry, subnet: formatSubnet(subnet), controller, gateway, dns };
    }),
    profile: { name: profileName, ...profile },
    operators: site.operators.map((operator) => operator.name),
    roles: Object.fromEntries(roles),
  };
  return plain(explained) as Record<string, unknown>;
}

/** Data only: secrets masked by their type, absent keys left out. */
function plain(value: unknown): unknown {
  if (value instanceof Secret) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}
