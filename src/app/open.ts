import { existsSync } from "node:fs";
import type { Controller } from "./controller.ts";
import { createLocalController } from "./local.ts";
import { apiSocket, sitePaths } from "./paths.ts";
import { connectController } from "./remote.ts";
import { readSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";

/** The daemon's controller when one runs for this site, else one in this process. */
export async function openController(around: Surroundings): Promise<Controller> {
  const { inventory } = readSite(around.inventoryFolder);
  const socket = apiSocket(sitePaths(inventory.site.name, around.environment));
  const remote = existsSync(socket) ? await connectController(socket) : undefined;
  return remote ?? createLocalController(around);
}
