import { Secret } from "../secret.ts";
import { formatSubnet } from "../wire/addresses.ts";
import { fail } from "./errors.ts";
import { suggest } from "./nearest.ts";
import type { Inventory, Node, Profile } from "./schema.ts";

/** Finds a node by name. Throws `inventory-unknown-node`, with what was probably meant. */
export function findNode(inventory: Inventory, name: string): { readonly node: Node; readonly profile: Profile } {
  const node = inventory.nodes.get(name);
  if (!node) throw fail("inventory-unknown-node", { name, known: suggest(name, inventory.nodes.keys()) });
  return { node, profile: inventory.profiles.get(node.profile) as Profile };
}

/**
 * All that is known of a node, with what it inherits from its networks, its profile and the site: a plain value for
 * `provision inventory show`. Secrets are `***`. Throws `inventory-unknown-node`.
 */
export function explainNode(inventory: Inventory, name: string): Record<string, unknown> {
  const { node, profile } = findNode(inventory, name);
  const { site } = inventory;
  const { interfaces, profile: profileName, ...rest } = node;
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
