import { openBmc } from "../../bmc/driver.ts";
import { toRecord } from "../../errors.ts";
import { findNode } from "../../inventory/explain.ts";
import type { Node } from "../../inventory/schema.ts";
import type { Lifecycle } from "../../lifecycle/lifecycle.ts";
import { type DiskSwapParts, usualSwapTimes } from "../../lifecycle/operations/diskswap/parts.ts";
import type { Surroundings as AroundSwap } from "../../raid/gates/gate.ts";
import type { Foundations } from "../local.ts";
import { createDiskMemory } from "./memory.ts";
import { baysOf, probeSettingsOf } from "./settings.ts";

/** What a swap needs of this house. */
export function diskSwapParts(house: Foundations, lifecycle: () => Lifecycle): DiskSwapParts {
  const { inventory } = house.site;
  const nodeOf = (name: string) => findNode(inventory, name).node;
  return {
    connect: (node, hostKeys) => house.ssh.connect(node, hostKeys),
    hostKeys: (node) => lifecycle().hostKeys(node),
    openBmc: (node) => bmcOf(house, nodeOf(node)),
    settings: (name) => {
      const node = nodeOf(name);
      const { hotSwap } = node;
      return { ...(hotSwap === undefined ? {} : { hotSwap }), bays: baysOf(node), probes: probeSettingsOf(node) };
    },
    surroundings: (name) => surroundingsOf(house, lifecycle(), nodeOf(name)),
    recorded: (node) => createDiskMemory(house.database).whole(node),
    times: usualSwapTimes,
  };
}

function bmcOf({ around: { clock, log } }: Foundations, { name, bmc }: Node) {
  return openBmc(bmc, { node: name, clock, log });
}

/** What isn't on the host: its neighbours' work, its BMC, what the inventory says of its bays. */
async function surroundingsOf(house: Foundations, lifecycle: Lifecycle, node: Node): Promise<AroundSwap> {
  return {
    othersInMaintenance: await othersAtWork(house, lifecycle, node),
    bmc: await bmcState(house, node),
    hotSwap: node.hotSwap,
    acceptsDataLoss: false,
  };
}

/** Nodes of its groups on which something runs: one at a time. */
async function othersAtWork({ site }: Foundations, lifecycle: Lifecycle, { name, groups }: Node): Promise<string[]> {
  const statuses = await lifecycle.statuses();
  return statuses.flatMap(({ node, operation }) => {
    const shared = site.inventory.nodes.get(node.name)?.groups.some((group) => groups.includes(group));
    return shared && node.name !== name && operation?.state === "running" ? [`${node.name} (${operation.kind})`] : [];
  });
}

async function bmcState(house: Foundations, node: Node): Promise<AroundSwap["bmc"]> {
  if (node.bmc.driver === "manual") return { state: "manual" };
  const bmc = bmcOf(house, node);
  try {
    return { state: "ok", said: `power is ${await bmc.powerState()}` };
  } catch (thrown) {
    return { state: "unreachable", said: toRecord(thrown).message };
  } finally {
    await bmc.close().catch(() => {});
  }
}
