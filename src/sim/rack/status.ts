import { statSync } from "node:fs";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import type { ErrorRecord } from "../../errors.ts";
import { namespaceExists } from "../../transport/namespace.ts";
import type { BootOverride } from "../chassis.ts";
import { readBays } from "./bays.ts";
import { fail } from "./errors.ts";
import { fileNames, statusSocket } from "./files.ts";
import type { RackPlan } from "./plan.ts";
import { livingProcess } from "./processes.ts";
import { plainLines, readSerialLog } from "./serial-log.ts";

/** What the daemon tells whoever connects to its status socket. */
export interface DaemonReport {
  readonly machines: readonly MachineReport[];
}

export interface MachineReport {
  readonly name: string;
  readonly power: "on" | "off";
  /** QEMU's */
  readonly pid?: number;
  readonly uptimeSeconds?: number;
  /** What the present run was started with. */
  readonly bootedFrom?: BootOverride;
  /** What the BMC holds for the next start. */
  readonly nextBoot: BootOverride & { readonly persistent: boolean };
  /** Why the last start failed. */
  readonly problem?: ErrorRecord;
}

export interface MachineStatus extends MachineReport {
  readonly bmc: { readonly address: string; readonly port: number };
  readonly serialLog: string;
  readonly console: string;
  readonly disks: readonly {
    readonly serial: string;
    readonly file: string;
    readonly sizeMiB: number;
    readonly usedMiB: number;
  }[];
}

export interface RackStatus {
  readonly name: string;
  readonly namespace: string;
  /** `broken`: something of it is there, but nobody runs it; `rackUp` or `rackDown` clears it away. */
  readonly state: "up" | "down" | "broken";
  readonly daemonPid?: number;
  readonly gatewayPid?: number;
  /** Empty unless it is up. */
  readonly machines: readonly MachineStatus[];
}

/** How the rack is now. Needs no more than read access to its run directory. */
export async function rackStatus(plan: RackPlan): Promise<RackStatus> {
  const { name, namespace } = plan;
  const daemon = livingProcess(plan.runDir, "daemon");
  const gateway = livingProcess(plan.runDir, "gateway");
  const report = daemon && (await askDaemon(plan.runDir).catch(() => undefined));
  if (!daemon || !report) {
    const state = namespaceExists(namespace) || daemon || gateway ? "broken" : "down";
    return { name, namespace, state, machines: [] };
  }
  const machines = report.machines.map((machine) => withFiles(plan, machine));
  const state = gateway ? "up" : "broken";
  return { name, namespace, state, daemonPid: daemon.pid, ...(gateway && { gatewayPid: gateway.pid }), machines };
}

async function askDaemon(runDir: string): Promise<DaemonReport> {
  return JSON.parse(await text(createConnection({ path: statusSocket(runDir) }))) as DaemonReport;
}

function withFiles(plan: RackPlan, report: MachineReport): MachineStatus {
  const machine = machineOf(plan, report.name);
  const { bmc } = machine;
  const files = fileNames(plan, report.name);
  return {
    ...report,
    bmc: { address: bmc.address, port: bmc.port },
    serialLog: files.serialLog,
    console: files.console,
    disks: readBays(plan, machine).flatMap((disk) => (disk ? [{ ...disk, usedMiB: usedMiB(disk.file) }] : [])),
  };
}

/** Disk files are sparse: st_blocks counts 512 bytes each (stat(2)). */
const usedMiB = (file: string) => Math.ceil(((statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512) / 2 ** 20);

/** @throws `rack-no-such-machine` */
export function machineOf(plan: RackPlan, name: string) {
  const machine = plan.machines.find((candidate) => candidate.name === name);
  if (!machine) throw fail("rack-no-such-machine", { machine: name, known: plan.machines.map((known) => known.name) });
  return machine;
}

const tailBytes = 64 * 1024;

/**
 * The last lines that the machine wrote to its serial port, without terminal control and blank lines; none if it never
 * ran. For failure reports.
 * @throws `rack-no-such-machine`
 */
export function serialTail(plan: RackPlan, name: string, lines: number): string[] {
  const { serialLog } = fileNames(plan, machineOf(plan, name).name);
  const { bytes } = readSerialLog(serialLog, -tailBytes, tailBytes);
  return lines > 0 ? plainLines(bytes.toString("utf8")).slice(-lines) : [];
}
