import type { Node, Site } from "../inventory/schema.ts";
import { contains, type Ipv4Address } from "../wire/addresses.ts";

/** http://controller:port as the node's first network reaches it. */
export function controllerUrl(site: Site, node: Node): string {
  const network = site.networks[node.interfaces[0]?.network ?? ""];
  return `http://${network?.controller}:${site.controller.httpPort}`;
}

/** The same by an address on one of the networks, be it the machine's or ours; else as on the site's first network. */
export function controllerUrlNear(site: Site, address: Ipv4Address | undefined): string {
  const networks = Object.values(site.networks);
  const near = networks.find(({ subnet }) => address !== undefined && contains(subnet, address)) ?? networks[0];
  return `http://${near?.controller}:${site.controller.httpPort}`;
}
