import type { Inventory, Node } from "../inventory/schema.ts";
import { createRackPlan, type RackPlan, type RackSite } from "../sim/rack/plan.ts";
import { fail } from "./errors.ts";
import type { Paths } from "./paths.ts";
import type { Repositories } from "./repositories.ts";

type Machine = RackSite["machines"][number];

/**
 * The virtual rack that an inventory describes: its nodes with `virtual:`, on the network of the first of them.
 * @throws `no-virtual-nodes`, `rack-not-isolated`
 */
export function rackPlanOf(inventory: Inventory, paths: Paths, repositories: Repositories): RackPlan {
  const { site } = inventory;
  const nodes = [...inventory.nodes.values()].filter((node) => node.virtual);
  const network = site.networks[nodes[0]?.interfaces[0]?.network ?? ""];
  if (!network) throw fail("no-virtual-nodes", { folder: inventory.root });
  const { namespace } = site.controller;
  if (!namespace) throw fail("rack-not-isolated", { site: site.name });
  const machines = nodes.map(machineOf);
  return createRackPlan(
    {
      name: site.name,
      namespace,
      bridge: network.interface,
      subnet: network.subnet,
      controller: network.controller,
      packagesSocket: site.packages.via ?? `${paths.run}/packages.sock`,
      packageHosts: Object.values(repositories).map(({ upstream }) => new URL(upstream).host),
      machines,
    },
    paths,
  );
}

function machineOf(node: Node): Machine {
  const { name, firmware, bmc, virtual } = node;
  const mac = node.interfaces[0]?.mac;
  if (!virtual || !mac) throw new Error(`${name} is not virtual`);
  if (bmc.driver !== "ipmi") throw fail("virtual-bmc", { node: name, driver: bmc.driver });
  const disks = node.disks.map((disk, index) => ({
    serial: disk.serial ?? `${name}-${index}`,
    sizeMiB: virtual.diskMiB,
  }));
  const { address, port, user, password } = bmc;
  return {
    name,
    mac,
    firmware,
    cpus: virtual.cpus,
    memoryMiB: virtual.memoryMiB,
    disks,
    bmc: { address, port, user, password },
  };
}
