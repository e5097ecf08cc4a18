import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import type { Clock } from "../../clock.ts";
import { toRecord } from "../../errors.ts";
import { startHttpServer } from "../../http/server.ts";
import type { Log } from "../../log.ts";
import { type SimulatedBmc, startSimulatedBmc } from "../bmc.ts";
import { listenAt, startBays } from "./bays-server.ts";
import type { Service } from "./entry.ts";
import { fail } from "./errors.ts";
import { advertiserConfig, statusSocket } from "./files.ts";
import { VirtualMachine } from "./machine.ts";
import { advertiserArguments, advertiserSettings, tapOf } from "./network.ts";
import { createOrigin } from "./origin.ts";
import type { RackMachine, RackPlan } from "./plan.ts";
import { recordProcess } from "./processes.ts";
import type { DaemonReport, MachineReport } from "./status.ts";

export interface RackSurroundings {
  readonly clock: Clock;
  readonly log: Log;
}

interface Slot {
  readonly machine: RackMachine;
  readonly vm: VirtualMachine;
  readonly bmc: SimulatedBmc;
}

/**
 * What stands in the rack and is always on: a BMC per machine, router advertisements, the origin's web site, and a
 * socket that tells how things are. The machines are off. Runs inside the rack's namespace.
 */
export async function startRack(plan: RackPlan, around: RackSurroundings): Promise<Service> {
  const slots: Slot[] = [];
  for (const [index, machine] of plan.machines.entries()) slots.push(await startSlot({ plan, machine, index }, around));
  const listen = { host: plan.controller, port: plan.originPort };
  const origin = await startHttpServer({ listen, answer: createOrigin(around.clock), ...around });
  const status = await startStatus(plan, () => ({ machines: slots.map(reportOf) }));
  const bays = await startBays(plan, (name) => slots.find(({ machine }) => machine.name === name)?.vm);
  startAdvertiser(plan, around.log);
  return {
    close: async () => {
      status.close();
      bays.close();
      await Promise.all([origin.close(), ...slots.map(({ vm }) => vm.powerOff())]);
    },
  };
}

async function startSlot(
  { plan, machine, index }: { plan: RackPlan; machine: RackMachine; index: number },
  { clock, log }: RackSurroundings,
): Promise<Slot> {
  const noOverride = { device: "none", efi: false } as const;
  let bmc: SimulatedBmc | undefined;
  const takeBoot = () => bmc?.takeBootOverride() ?? noOverride;
  const vm = new VirtualMachine({ plan, machine, tap: tapOf(index), takeBoot, clock, log });
  const { address: host, port, user, password } = machine.bmc;
  const guid = guidOf(machine.uuid);
  const line = log.with({ machine: machine.name });
  bmc = await startSimulatedBmc({ host, port, user, password, guid, chassis: vm, clock, log: line }).catch((cause) => {
    const what = `${machine.name}'s BMC`;
    throw fail("rack-port-busy", { what, address: `${host}:${port}`, reason: cause.code }, { cause });
  });
  return { machine, vm, bmc };
}

/** SMBIOS 3.x §7.2.1: the first three fields are little-endian; Get System GUID gives the SMBIOS bytes as they are. */
function guidOf(uuid: string): Uint8Array {
  const fields = uuid.split("-").map((hex) => Buffer.from(hex, "hex"));
  return new Uint8Array(Buffer.concat(fields.map((field, index) => (index < 3 ? field.reverse() : field))));
}

function reportOf({ machine, vm, bmc }: Slot): MachineReport {
  const { valid, persistent, efi, device } = bmc.bootOverride();
  const known = (["pxe", "disk", "bios", "cdrom"] as const).find((name) => name === device);
  return {
    name: machine.name,
    power: vm.isOn() ? "on" : "off",
    ...(vm.pid !== undefined && { pid: vm.pid }),
    ...(vm.uptimeMs !== undefined && { uptimeSeconds: Math.floor(vm.uptimeMs / 1000) }),
    ...(vm.bootedFrom && { bootedFrom: vm.bootedFrom }),
    nextBoot: valid && known ? { device: known, efi, persistent } : { device: "none", efi: false, persistent: false },
    ...(vm.problem !== undefined && { problem: toRecord(vm.problem) }),
  };
}

async function startStatus(plan: RackPlan, report: () => DaemonReport): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(JSON.stringify(report()));
  });
  await listenAt(server, statusSocket(plan.runDir));
  return server;
}

/** radvd is our child, but not our ward: as every process of the rack, it is recorded and ended by its record. */
function startAdvertiser(plan: RackPlan, log: Log): void {
  writeFileSync(advertiserConfig(plan.runDir), advertiserSettings(plan.bridge), { mode: 0o600 });
  const child = spawn("radvd", advertiserArguments(plan.runDir), { stdio: ["ignore", "inherit", "inherit"] });
  child.on("error", (error) => log.error("radvd did not start", { error: error.message }));
  child.on("exit", (code) => log.warn("radvd ended: iPXE will wait 17 s at each boot", { code }));
  if (child.pid !== undefined) recordProcess(plan.runDir, "radvd", child.pid);
}
