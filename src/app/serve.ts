import { chmodSync, mkdirSync, rmSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { type Answer, startHttpServer } from "../http/server.ts";
import type { Controller } from "./controller.ts";
import type { Told } from "./disks/hooks.ts";
import { keepWatching } from "./disks/watch.ts";
import { fail } from "./errors.ts";
import { createLocalController, type House } from "./local.ts";
import { apiSocket } from "./paths.ts";
import { connectController } from "./remote.ts";
import type { Surroundings } from "./surroundings.ts";

/** How often what other controllers left behind is looked for. */
const recoverMs = 15_000;

/**
 * A controller with its servers and its API, until `stop`. What a dead controller left running is taken over at once.
 * @throws `root-needed`, `daemon-running`, and whatever keeps a server from listening
 */
export async function serveSite(
  around: Surroundings,
  createApi: (controller: Controller, clock: Clock) => Answer,
  stop: AbortSignal,
): Promise<void> {
  if (!around.isRoot) throw fail("root-needed", { what: "Serving", command: "provision serve" });
  const controller = await createLocalController(around);
  try {
    const { paths, site } = controller.house;
    const socket = apiSocket(paths);
    if (await connectController(socket).catch(() => undefined)) throw fail("daemon-running", { socket });
    mkdirSync(paths.run, { recursive: true, mode: 0o700 });
    rmSync(socket, { force: true });
    await controller.startServers();
    const { clock, log } = around;
    const api = await startHttpServer({ listen: { path: socket }, answer: createApi(controller, clock), clock, log });
    chmodSync(socket, 0o600);
    around.say(
      `serving site ${site.inventory.site.name}: DHCP, TFTP, HTTP ${site.inventory.site.controller.httpPort}, API ${socket}`,
    );
    const disks = watchOwnDisks(controller.house, stop);
    try {
      await keepWatch(controller.house.lifecycle.recover, around, stop);
    } finally {
      await disks;
      await api.close();
      rmSync(socket, { force: true });
    }
  } finally {
    await controller.close();
  }
}

/** Only where the site says so: nobody's disks are read unasked. */
async function watchOwnDisks(house: House, signal: AbortSignal): Promise<void> {
  if (house.site.inventory.site.diskWatch === undefined) return;
  const onAlarm = ({ node, about, text }: Told) => house.around.log.warn("a disk alarm", { node, about, text });
  await keepWatching(house, { nodes: [], once: false, signal, onAlarm }).catch((error) =>
    house.around.log.error("the disks aren't watched any more", { error: String(error) }),
  );
}

async function keepWatch(
  recover: () => Promise<unknown>,
  { clock, log }: Surroundings,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await recover().catch((error) => log.error("could not look for abandoned operations", { error: String(error) }));
    await clock.sleep(recoverMs, stop).catch(() => {});
  }
}
