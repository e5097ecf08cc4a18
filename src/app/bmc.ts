import type { Bmc } from "../bmc/driver.ts";
import { openBmc } from "../bmc/driver.ts";
import { findNode } from "../inventory/explain.ts";
import { openSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";

/** One session with a node's BMC, closed whatever happens. */
export async function withBmcOf<T>(around: Surroundings, name: string, work: (bmc: Bmc) => Promise<T>): Promise<T> {
  const { node } = findNode((await openSite(around)).inventory, name);
  const bmc = openBmc(node.bmc, { node: name, clock: around.clock, log: around.log });
  try {
    return await work(bmc);
  } finally {
    await bmc.close().catch(() => {});
  }
}
