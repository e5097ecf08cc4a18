import { findNode } from "../../inventory/explain.ts";
import { askProbes } from "../../lifecycle/operations/diskswap/ask-probes.ts";
import { readWorld } from "../../lifecycle/operations/diskswap/world.ts";
import type { ProbeReport } from "../../raid/probes/probe.ts";
import type { World } from "../../raid/world.ts";
import type { Shell } from "../../transport/shell.ts";
import type { House } from "../local.ts";
import { createDiskMemory } from "./memory.ts";
import { baysOf, probeSettingsOf } from "./settings.ts";

/** Everything about a node's disks, and what it carries, as of now. */
export interface DisksReading {
  readonly world: World;
  readonly probes: readonly ProbeReport[];
}

/** Opens a connection for `work`, and closes it. @throws what SSH throws */
export async function onNode<T>(house: House, name: string, work: (shell: Shell) => Promise<T>): Promise<T> {
  const { node } = findNode(house.site.inventory, name);
  const shell = await house.ssh.connect(node.name, await house.lifecycle.hostKeys(node.name));
  try {
    return await work(shell);
  } finally {
    await shell.close();
  }
}

/** In two executions. */
export function readDisks(house: House, name: string, signal: AbortSignal): Promise<DisksReading> {
  const { node } = findNode(house.site.inventory, name);
  return onNode(house, name, async (shell) => {
    const world = await readWorld(shell, { depth: "all", signal, bays: baysOf(node) });
    await createDiskMemory(house.database).keepWhole(name, world);
    return { world, probes: await askProbes(shell, probeSettingsOf(node), signal) };
  });
}
