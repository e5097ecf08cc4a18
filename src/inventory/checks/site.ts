import {
  broadcastAddress,
  contains,
  formatSubnet,
  type Ipv4Address,
  ipv4ToNumber,
  type Subnet,
} from "../../wire/addresses.ts";
import type { Conflict, Draft } from "../draft.ts";
import type { Network, Site } from "../schema.ts";

/** Why an address can't be a machine's own on this subnet, or nothing. */
export function unfitAddress(subnet: Subnet, address: Ipv4Address): string | undefined {
  if (!contains(subnet, address)) return `${address} is outside ${formatSubnet(subnet)}`;
  if (subnet.prefixLength > 30) return undefined;
  if (address === subnet.address) return `${address} is the address of the network itself`;
  if (address === broadcastAddress(subnet)) return `${address} is the network's broadcast address`;
  return undefined;
}

export const inPool = (pool: Network["pool"], address: Ipv4Address): boolean =>
  pool !== undefined &&
  ipv4ToNumber(address) >= ipv4ToNumber(pool.first) &&
  ipv4ToNumber(address) <= ipv4ToNumber(pool.last);

/** What is wrong within the networks of a site and between them. */
export function checkSite(site: Draft<Site>): readonly Conflict[] {
  const networks = Object.entries(site.value.networks ?? {});
  return [
    ...networks.flatMap(([name, network]) => checkNetwork(site, name, network)),
    ...networks.flatMap(([name, network], index) => checkOverlap(site, { name, network }, networks.slice(0, index))),
  ];
}

function checkNetwork({ document }: Draft<Site>, name: string, network: Network): Conflict[] {
  const base = ["networks", name];
  const { subnet, controller, gateway, pool } = network;
  const at = (keys: readonly string[], what: string | undefined): Conflict[] =>
    what === undefined
      ? []
      : [{ code: "inventory-address", document, path: [...base, ...keys], what: `networks.${name}: ${what}` }];
  const clash = (label: string, address: Ipv4Address | undefined) =>
    address !== undefined && inPool(pool, address) ? `the pool contains the ${label}'s address ${address}` : undefined;
  return [
    ...at(["controller"], unfitAddress(subnet, controller)),
    ...at(["gateway"], gateway && unfitAddress(subnet, gateway)),
    ...at(["pool", "first"], pool && unfitAddress(subnet, pool.first)),
    ...at(["pool", "last"], pool && unfitAddress(subnet, pool.last)),
    ...at(
      ["pool"],
      pool && ipv4ToNumber(pool.first) > ipv4ToNumber(pool.last) ? "the pool ends before it begins" : undefined,
    ),
    ...at(["pool"], clash("controller", controller)),
    ...at(["pool"], clash("gateway", gateway)),
  ];
}

interface Named {
  readonly name: string;
  readonly network: Network;
}

function checkOverlap(
  { document }: Draft<Site>,
  mine: Named,
  earlier: readonly (readonly [string, Network])[],
): Conflict[] {
  const overlaps = (other: Subnet) =>
    contains(other, mine.network.subnet.address) || contains(mine.network.subnet, other.address);
  return earlier
    .filter(([, other]) => overlaps(other.subnet))
    .map(([name, other]) => ({
      code: "inventory-conflict",
      document,
      path: ["networks", mine.name, "subnet"],
      what: `networks.${mine.name}: ${formatSubnet(mine.network.subnet)} overlaps ${formatSubnet(other.subnet)} of ${name}`,
      hint: "Give each network its own subnet",
    }));
}
