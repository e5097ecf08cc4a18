import { copyFileSync, existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createLocalShell } from "../../transport/local.ts";
import { namespaceExists } from "../../transport/namespace.ts";
import { checkPlan } from "./check.ts";
import { startLongRunning } from "./child.ts";
import { builder, clearAway, type RackTools, readRecordedPlan, refuseWhileBuilt } from "./down.ts";
import { fail } from "./errors.ts";
import { daemonLog, fileNames, gatewayLog, planFile } from "./files.ts";
import { makeFolder, makeOwnFolder, readMade, rememberMade } from "./folders.ts";
import { makeNetwork } from "./network.ts";
import { encodePlan, isSamePlan, type RackMachine, type RackPlan } from "./plan.ts";
import { forgetProcess, recordProcess } from "./processes.ts";
import { uefiVariables } from "./qemu.ts";
import { checkRequirements } from "./requirements.ts";
import { type RackStatus, rackStatus } from "./status.ts";

export interface UpOutcome {
  /** `already-up`: nothing was done. */
  readonly kind: "up" | "already-up";
  readonly status: RackStatus;
}

/**
 * Brings the rack up with its machines off. Disks of an earlier `up` without a `down`, as after a restart of the host,
 * are kept. What fails half-way removes what it made.
 * @throws `rack-plan`, `rack-not-root`, `rack-package-missing`, `rack-already-up`, `rack-busy`, `rack-namespace-taken`,
 *   `rack-folder-taken`, `rack-network`, `rack-port-busy`, `http-cannot-listen`,
 *   `rack-process-failed`
 */
export async function rackUp(plan: RackPlan, tools: RackTools): Promise<UpOutcome> {
  checkPlan(plan);
  checkRequirements(plan);
  refuseWhileBuilt(plan);
  const recorded = readRecordedPlan(plan.runDir);
  const found = await rackStatus(plan);
  if (found.state === "up") {
    if (recorded && isSamePlan(recorded, plan)) return { kind: "already-up", status: found };
    throw fail("rack-already-up", { name: plan.name });
  }
  if (recorded) tools.log.warn("clearing away what is left of the rack", { rack: plan.name });
  await clearAway(plan, tools, [plan.runDir]);
  if (namespaceExists(plan.namespace)) throw fail("rack-namespace-taken", { namespace: plan.namespace });
  await build(plan, tools);
  return { kind: "up", status: await rackStatus(plan) };
}

async function build(plan: RackPlan, tools: RackTools): Promise<void> {
  makeOwnFolder(plan.runDir);
  recordProcess(plan.runDir, builder, process.pid);
  let stateIsNew = false;
  try {
    stateIsNew = makeOwnFolder(plan.stateDir);
    rememberMade(plan.runDir, makeFolder(dirname(plan.packagesSocket)));
    // The state outlives the run directory, and with it the memory of what `rackDown` has to remove.
    rememberMade(plan.stateDir, readMade(plan.runDir));
    for (const machine of plan.machines) makeMachineFiles(plan, machine);
    writeFileSync(planFile(plan.runDir), encodePlan(plan), { mode: 0o600 });
    await makeNetwork(plan, createLocalShell({ clock: tools.clock }));
    await startProcesses(plan, tools);
    forgetProcess(plan.runDir, builder);
  } catch (thrown) {
    await clearAway(plan, tools, stateIsNew ? [plan.runDir, plan.stateDir] : [plan.runDir]);
    throw thrown;
  }
}

/** Disks are sparse and blank; UEFI variables are as the factory set them. What is there stays as it is. */
function makeMachineFiles(plan: RackPlan, machine: RackMachine): void {
  const files = fileNames(plan, machine.name);
  mkdirSync(files.stateDir, { recursive: true });
  mkdirSync(files.runDir, { recursive: true });
  for (const [index, { sizeMiB }] of machine.disks.entries()) makeDisk(files.disks[index] as string, sizeMiB * 2 ** 20);
  const wantsVariables = machine.firmware === "uefi" && !existsSync(files.firmwareVariables);
  if (wantsVariables) copyFileSync(uefiVariables, files.firmwareVariables);
}

function makeDisk(file: string, sizeBytes: number): void {
  if (!existsSync(file)) writeFileSync(file, "", { mode: 0o600 });
  if (statSync(file).size !== sizeBytes) truncateSync(file, sizeBytes);
}

async function startProcesses(plan: RackPlan, { clock }: RackTools): Promise<void> {
  const { runDir, namespace } = plan;
  const node = (entry: string) => [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    join(import.meta.dirname, entry),
    runDir,
  ];
  const inside = ["ip", "netns", "exec", namespace, ...node("daemon.ts")];
  await Promise.all([
    startLongRunning({ what: "gateway", argv: node("gateway-main.ts"), log: gatewayLog(runDir), runDir, clock }),
    startLongRunning({ what: "daemon", argv: inside, log: daemonLog(runDir), runDir, clock }),
  ]);
}
