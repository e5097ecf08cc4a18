import { join } from "node:path";
import type { Bmc } from "../../../src/bmc/driver.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import type { OperationEvent } from "../../../src/lifecycle/events.ts";
import type { RunningOperation } from "../../../src/lifecycle/house.ts";
import { createLifecycle, type Lifecycle } from "../../../src/lifecycle/lifecycle.ts";
import { createDiskSwap } from "../../../src/lifecycle/operations/diskswap/operation.ts";
import { type DiskSwapParts, usualSwapTimes } from "../../../src/lifecycle/operations/diskswap/parts.ts";
import { realActs } from "../../../src/lifecycle/operations/diskswap/swap-acts.ts";
import { lifecycleMigrations } from "../../../src/lifecycle/tables.ts";
import { silentLog } from "../../../src/log.ts";
import type { ProbeSettings } from "../../../src/raid/probes/probe.ts";
import type { MachineHost } from "../../../src/sim/hosts/machine.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { dataFolder } from "./layout.ts";

export const node = "bed";

/** A controller that can die and be started again, over the same records. */
export interface Controller {
  readonly lifecycle: Lifecycle;
  readonly events: readonly OperationEvent[];
  /** Another process takes over what ran: nothing of this one's memory is left. */
  restart(): Promise<readonly RunningOperation[]>;
  /** How often it was. */
  restarts(): number;
  close(): Promise<void>;
}

const times: DiskSwapParts["times"] = {
  ...usualSwapTimes,
  ...{ handsPollMs: 1000, settlePollMs: 500, bootPollMs: 1000, rebuildPollMs: 1000 },
  ...{ stepMs: 180_000, powerOffMs: 60_000, bootMs: 240_000, vetMs: 60_000, rebuildMs: 180_000 },
};

/** Freshly backed up, as its own command says. */
const probes: ProbeSettings = {
  backups: [
    {
      ...{ covers: ["/", "/boot", dataFolder], with: "command", kind: "files", maxAgeHours: 24 },
      command: `printf '{"backups":[{"covers":["/","/boot","${dataFolder}"],"kind":"files","lastOk":"%s","restoreTested":"%s"}]}' "$(date -u +%FT%TZ)" "$(date -u +%FT%TZ)"`,
      runNow: "true",
    },
  ],
};

export async function openController(host: MachineHost, folder: string): Promise<Controller> {
  const file = join(folder, "controller.db");
  const events: OperationEvent[] = [];
  let count = 0;
  const open = async () => {
    const database = await openDatabase({ file, clock, migrations: lifecycleMigrations });
    const lifecycle: Lifecycle = await createLifecycle({
      ...{ database, clock, log: silentLog, instance: `controller-${++count}` },
      operations: { install: () => [ready], diskswap: createDiskSwap(partsOf(host, () => lifecycle)) },
      ownerGone: () => true,
      disarm: async () => {},
    });
    lifecycle.subscribe((event) => events.push(event));
    return { database, lifecycle };
  };
  let now = await open();
  const close = async () => {
    await now.lifecycle.close();
    await now.database.close();
  };
  await (await now.lifecycle.begin(node, "install", { by: "test" })).finished;
  return {
    get lifecycle() {
      return now.lifecycle;
    },
    events,
    restart: async () => {
      await close();
      now = await open();
      return now.lifecycle.recover();
    },
    restarts: () => count - 1,
    close,
  };
}

/** Brings the node to the phase in which a disk may be swapped. */
const ready = { name: "ready", label: "Be ready", idempotent: true, deadlineMs: 1000, run: async () => undefined };

const partsOf = (host: MachineHost, lifecycle: () => Lifecycle): DiskSwapParts => ({
  connect: () => host.connect(),
  hostKeys: (name) => lifecycle().hostKeys(name),
  openBmc: () => bmcOf(host),
  settings: () => ({ hotSwap: true, bays: [], probes }),
  surroundings: async () => ({
    ...{ othersInMaintenance: [], bmc: { state: "ok", said: "power is on" }, hotSwap: true, acceptsDataLoss: false },
  }),
  times,
  // Ten seconds of blinking are for eyes.
  seams: { acts: { ...realActs, blink: ({ serial }) => realActs.blink({ serial, seconds: 1 }) } },
});

/** The machine's power as a BMC has it: it knows nothing of the system on it. */
const bmcOf = (host: MachineHost): Bmc => ({
  ping: async () => ({ firmware: "1.0" }),
  powerState: async () => host.powerState(),
  power: async (action) => {
    if (action === "off" || action === "cycle" || action === "reset") await host.powerOff();
    if (action !== "off" && action !== "soft") await host.powerOn();
  },
  bootDevice: async () => ({ device: "disk", persistent: false, efi: false }),
  setBootDevice: async () => {},
  identify: async () => {},
  close: async () => {},
});
