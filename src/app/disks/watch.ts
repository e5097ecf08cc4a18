import { toRecord } from "../../errors.ts";
import { findNode } from "../../inventory/explain.ts";
import { alarmsOf, type DiskAlarm, type WantedSwap, wantingReplacement } from "../../raid/alarms.ts";
import { diskStatus } from "../../raid/disk-status.ts";
import { ticket } from "../../raid/ticket.ts";
import type { House } from "../local.ts";
import { createLocalController } from "../local.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Told, tellHooks } from "./hooks.ts";
import { installedNodes } from "./local-desk.ts";
import { createDiskMemory } from "./memory.ts";
import { readDisks } from "./reading.ts";
import { diskWatchOf } from "./settings.ts";
import { keeperParameters } from "./subject.ts";

export interface WatchRequest {
  /** None: all that are installed. */
  readonly nodes: readonly string[];
  /** None: what the site says. */
  readonly everySeconds?: number | undefined;
  /** One round only. */
  readonly once: boolean;
  readonly signal: AbortSignal;
  /** What hooks were told, and what couldn't be looked at. */
  onAlarm(told: Told): void;
}

/** Looks at nodes' disks again and again until `signal`. Opens swaps, held; never acts on a disk by itself. */
export async function watchDisks(around: Surroundings, request: WatchRequest): Promise<number> {
  const controller = await createLocalController(around);
  try {
    return await keepWatching(controller.house, request);
  } finally {
    await controller.close();
  }
}

/** The same in a house that is open already. Gives how many alarms there were. */
export async function keepWatching(house: House, request: WatchRequest): Promise<number> {
  const { clock } = house.around;
  const everySeconds = request.everySeconds ?? diskWatchOf(house.site.inventory.site).everySeconds;
  for (let alarms = 0; ; ) {
    alarms += await watchOnce(house, request);
    if (request.once || request.signal.aborted) return alarms;
    await clock.sleep(everySeconds * 1000, request.signal).catch(() => {});
    if (request.signal.aborted) return alarms;
  }
}

async function watchOnce(house: House, { nodes, signal, onAlarm }: WatchRequest): Promise<number> {
  const { hooks } = diskWatchOf(house.site.inventory.site);
  let alarms = 0;
  for (const node of nodes.length > 0 ? nodes : await installedNodes(house)) {
    if (signal.aborted) break;
    for (const told of await lookAt(house, node, signal)) {
      alarms += 1;
      onAlarm(told);
      await tellHooks(hooks, told, house.around);
    }
  }
  return alarms;
}

/** A node that doesn't answer has no news of its disks; it is told once in the log, not as an alarm. */
async function lookAt(house: House, name: string, signal: AbortSignal): Promise<readonly Told[]> {
  const { clock, log } = house.around;
  const { node } = findNode(house.site.inventory, name);
  const memory = createDiskMemory(house.database);
  try {
    const before = await memory.watched(name);
    const whole = await memory.whole(name);
    const { world, probes } = await readDisks(house, name, signal);
    const status = diskStatus(world, { probes });
    const alarms = alarmsOf(before, { world, status });
    const [wanted] = wantingReplacement(world, whole);
    const swap =
      wanted && alarms.length > 0
        ? await openSwap(house, name, { ...wanted, ...keeperParameters(world, wanted.serial) })
        : undefined;
    const rack = node.rack === undefined ? {} : { rack: node.rack };
    const text = ticket(world, status, { node: name, ...rack });
    const at = clock.now().toISOString();
    await memory.keepWatched(name, { world, status });
    return alarms.map((alarm: DiskAlarm) => ({
      ...{ ...alarm, node: name, ...rack, at },
      ...(swap === undefined ? {} : { swap }),
      ...(text === undefined ? {} : { ticket: text }),
    }));
  } catch (thrown) {
    log.warn("a node's disks couldn't be looked at", { node: name, message: toRecord(thrown).message });
    return [];
  }
}

/** Held until somebody begins it. A node that is busy, or a swap that is open already, is left alone. */
async function openSwap(house: House, node: string, { serial, why, ...kept }: WantedSwap): Promise<string | undefined> {
  const operation = (await house.lifecycle.status(node))?.operation;
  const go = `provision disk replace ${node} ${serial}`;
  if (operation?.state === "running") return operation.kind === "diskswap" ? go : undefined;
  const asked = { disk: serial, named: serial, waivers: [], acceptsDataLoss: false, opened: why, ...kept };
  const held = Promise.withResolvers<void>();
  const unsubscribe = house.lifecycle.subscribe((event) => {
    if (event.node === node && event.kind === "step" && event.state === "held") held.resolve();
  });
  try {
    const { finished } = await house.lifecycle.begin(node, "diskswap", { by: "disk watch", parameters: asked });
    // Its question is on record then, also when this process ends at once.
    await Promise.race([held.promise, finished]);
    return go;
  } catch (thrown) {
    house.around.log.warn("a swap couldn't be opened", { node, message: toRecord(thrown).message });
    return undefined;
  } finally {
    unsubscribe();
  }
}
