import { findNode } from "../inventory/explain.ts";
import type { Shell } from "../transport/shell.ts";
import { createLocalController, type House } from "./local.ts";
import type { Surroundings } from "./surroundings.ts";

/** One SSH connection to an installed node, with the house that knows its key; closed whatever happens. */
export async function onNode<T>(
  around: Surroundings,
  name: string,
  work: (shell: Shell, house: House) => Promise<T>,
): Promise<T> {
  const controller = await createLocalController(around);
  const { house } = controller;
  try {
    findNode(house.site.inventory, name);
    const shell = await house.ssh.connect(name, await house.lifecycle.hostKeys(name));
    try {
      return await work(shell, house);
    } finally {
      await shell.close();
    }
  } finally {
    await controller.close();
  }
}
