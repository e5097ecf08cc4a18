import type { Ipv4Address } from "../../wire/addresses.ts";
import type { Conflict, Draft } from "../draft.ts";
import { suggest } from "../nearest.ts";
import type { Network, Node, Site } from "../schema.ts";
import { inPool, unfitAddress } from "./site.ts";

/** A node's addresses against the networks that they are said to be on. */
export function checkAddresses(node: Draft<Node>, site: Draft<Site>): readonly Conflict[] {
  const networks = site.value.networks;
  if (!networks) return [];
  const found = (node.value.interfaces ?? []).flatMap((entry, index): Conflict[] => {
    const network = Object.hasOwn(networks, entry.network) ? networks[entry.network] : undefined;
    const at = { document: node.document, path: ["interfaces", index, network ? "address" : "network"] };
    if (!network)
      return [{ ...at, code: "inventory-reference", ...unknownNetwork(entry.network, Object.keys(networks)) }];
    const what = taken(network, entry.address);
    return what ? [{ ...at, code: "inventory-address", what: `interfaces[${index}].address: ${what}` }] : [];
  });
  return [...found, ...bmcAmongControllers(node, Object.values(networks))];
}

const unknownNetwork = (name: string, known: readonly string[]) => ({
  what: `there is no network ${JSON.stringify(name)} in site.yaml`,
  hint: suggest(name, known),
});

function taken(network: Network, address: Ipv4Address): string | undefined {
  if (address === network.controller) return `${address} is the controller's own`;
  if (address === network.gateway) return `${address} is the gateway's`;
  if (inPool(network.pool, address)) return `${address} is in the pool for unknown machines`;
  return unfitAddress(network.subnet, address);
}

/** A BMC may be on a network of its own that the site doesn't know; but it is never the controller or the gateway. */
function bmcAmongControllers({ value: { bmc }, document }: Draft<Node>, networks: readonly Network[]): Conflict[] {
  if (bmc?.driver !== "ipmi") return [];
  const owner = networks.some((network) => network.controller === bmc.address)
    ? "controller"
    : networks.some((network) => network.gateway === bmc.address) && "gateway";
  if (!owner) return [];
  return [
    {
      code: "inventory-address",
      document,
      path: ["bmc", "address"],
      what: `bmc.address: ${bmc.address} is the ${owner}'s`,
    },
  ];
}
