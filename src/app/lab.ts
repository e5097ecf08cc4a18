import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { type BayOrder, orderBay } from "../sim/rack/bays-server.ts";
import { type Console, openConsole } from "../sim/rack/console.ts";
import { rackDown } from "../sim/rack/down.ts";
import type { RackPlan } from "../sim/rack/plan.ts";
import { type RackStatus, rackStatus, serialTail } from "../sim/rack/status.ts";
import { rackUp } from "../sim/rack/up.ts";
import { createLocalShell } from "../transport/local.ts";
import { fail } from "./errors.ts";
import { createLocalController } from "./local.ts";
import { apiSocket, identityFile, type Paths, sitePaths } from "./paths.ts";
import { rackPlanOf } from "./rack.ts";
import { connectController } from "./remote.ts";
import { repositoriesOf } from "./repositories.ts";
import { ensureRequirements } from "./requirements.ts";
import { openSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";

/** The virtual rack of a site, by hand. */
export interface Lab {
  readonly plan: RackPlan;
  /** Installs what is missing first. False: it was up already. */
  up(): Promise<{ readonly made: boolean }>;
  /** Removes the rack and what the controller knows of its machines. */
  down(): Promise<void>;
  status(): Promise<RackStatus>;
  /** What hands do at a bay. @throws `rack-not-up`, `rack-no-such-disk`, `rack-bays-full`, `rack-disk-twice` */
  bay(order: BayOrder): Promise<void>;
  console(machine: string): Console;
  tail(machine: string, lines: number): readonly string[];
}

export async function openLab(around: Surroundings): Promise<Lab> {
  const { clock, log, isRoot, say } = around;
  const { inventory } = await openSite(around);
  const paths = sitePaths(inventory.site.name, around.environment);
  const shell = createLocalShell({ clock });
  const plan = rackPlanOf(inventory, paths, await repositoriesOf(inventory.site, shell));
  return {
    plan,
    up: async () => {
      await ensureRequirements(["rack"], { shell, isRoot, say });
      return { made: (await rackUp(plan, { clock, log })).kind === "up" };
    },
    down: async () => {
      if (!isRoot) throw fail("root-needed", { what: "Removing the virtual rack", command: "provision lab down" });
      const socket = apiSocket(paths);
      if (await connectController(socket).catch(() => undefined)) throw fail("daemon-running", { socket });
      await rackDown(plan, { clock, log });
      const virtual = [...inventory.nodes.values()].filter((node) => node.virtual).map((node) => node.name);
      if (virtual.length === inventory.nodes.size) {
        removeState(paths);
        rmSync(paths.run, { recursive: true, force: true });
      } else await forgetMachines(around, virtual);
    },
    status: () => rackStatus(plan),
    bay: (order) => orderBay(plan, order),
    console: (name) => openConsole({ plan, name, clock }),
    tail: (name, lines) => serialTail(plan, name, lines),
  };
}

/** All but the age identity: without it nobody would open the inventory's secrets any more. */
export function removeState({ state }: Pick<Paths, "state">): void {
  const kept = basename(identityFile({ state, cache: "", run: "" }, {}));
  const going = existsSync(state) ? readdirSync(state).filter((name) => name !== kept) : [];
  for (const name of going) rmSync(join(state, name), { recursive: true, force: true });
  if (!existsSync(join(state, kept))) rmSync(state, { recursive: true, force: true });
}

/** Beside real machines only the virtual ones' records go. */
async function forgetMachines(around: Surroundings, names: readonly string[]): Promise<void> {
  const controller = await createLocalController(around);
  try {
    for (const name of names) await controller.forget(name, { force: true, by: "lab down" });
  } finally {
    await controller.close();
  }
}
