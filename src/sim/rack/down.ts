import { readFileSync } from "node:fs";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { createLocalShell } from "../../transport/local.ts";
import { namespaceExists } from "../../transport/namespace.ts";
import { fail } from "./errors.ts";
import { planFile } from "./files.ts";
import { removeOwnFolders } from "./folders.ts";
import { removeNamespace } from "./network.ts";
import { decodePlan, type RackPlan } from "./plan.ts";
import {
  endProcess,
  forgetProcess,
  livingProcess,
  type ProcessRecord,
  processesInNamespace,
  recordedProcesses,
} from "./processes.ts";
import { checkRoot } from "./requirements.ts";
import { removeStaleSocket } from "./stale-socket.ts";

export interface RackTools {
  readonly clock: Clock;
  readonly log: Log;
}

/** The process that is bringing a rack up records itself under this name. */
export const builder = "builder";

/** A daemon ends its machines first, each within 3 s. */
const graceMs = 10_000;
const settleMs = 300;

export interface DownOutcome {
  /** `false`: nothing of it was there. */
  readonly wasThere: boolean;
  /** Processes of others that still run in what was the rack's namespace, such as a controller. */
  readonly strangers: readonly number[];
}

/**
 * Takes the rack down and leaves nothing: no process, no namespace, no file, disks included. Also what a broken `up` left.
 * @throws `rack-not-root`, `rack-busy`
 */
export async function rackDown(plan: RackPlan, tools: RackTools): Promise<DownOutcome> {
  checkRoot();
  refuseWhileBuilt(plan);
  const recorded = readRecordedPlan(plan.runDir);
  const strangers = await clearAway(plan, tools, [plan.runDir, plan.stateDir]);
  return { wasThere: recorded !== undefined, strangers };
}

/** @throws `rack-busy` while another process brings the same rack up */
export function refuseWhileBuilt(plan: RackPlan): void {
  const record = livingProcess(plan.runDir, builder);
  if (record && record.pid !== process.pid) throw fail("rack-busy", { name: plan.name, pid: record.pid });
}

/** As it was brought up, which may differ from how the inventory has it now; `undefined`: it wasn't. */
export function readRecordedPlan(runDir: string): RackPlan | undefined {
  try {
    return decodePlan(readFileSync(planFile(runDir), "utf8"));
  } catch {
    return undefined;
  }
}

/** Ends and removes what runs, and the folders named. @returns processes of others in the namespace */
export async function clearAway(
  plan: RackPlan,
  { clock, log }: RackTools,
  folders: readonly string[],
): Promise<number[]> {
  await endRecorded(plan.runDir, clock);
  const shell = createLocalShell({ clock });
  const recorded = readRecordedPlan(plan.runDir);
  let strangers: number[] = [];
  if (recorded && namespaceExists(recorded.namespace)) {
    strangers = await strangersIn(recorded.namespace, clock);
    if (strangers.length > 0) log.warn("processes of others stay in the rack's former namespace", { pids: strangers });
    await removeNamespace(recorded.namespace, shell);
  }
  if (recorded) await removeStaleSocket(recorded.packagesSocket);
  removeOwnFolders(folders);
  return strangers;
}

/** The daemon first: it ends its machines, and starts none again. What it left, by its record. */
async function endRecorded(runDir: string, clock: Clock): Promise<void> {
  const isDaemon = ({ what }: ProcessRecord) => what === "daemon";
  const isOther = ({ what }: ProcessRecord) => what !== "daemon" && what !== builder;
  for (const chosen of [isDaemon, isOther]) {
    const group = recordedProcesses(runDir).filter(chosen);
    await Promise.all(group.map((record) => endProcess(record, clock, graceMs)));
    for (const { what } of group) forgetProcess(runDir, what);
  }
}

/** Helpers of what was just ended (radvd has one) need a moment to notice. */
async function strangersIn(namespace: string, clock: Clock): Promise<number[]> {
  if (processesInNamespace(namespace).length > 0) await clock.sleep(settleMs);
  return processesInNamespace(namespace);
}
