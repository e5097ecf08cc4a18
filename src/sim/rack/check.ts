import { contains, formatSubnet, macToBytes } from "../../wire/addresses.ts";
import { fail } from "./errors.ts";
import { fileNames } from "./files.ts";
import type { RackMachine, RackPlan } from "./plan.ts";

/** sizeof(sockaddr_un.sun_path) less the closing NUL (unix(7)). */
const socketPathBytes = 107;
/** IFNAMSIZ less the closing NUL. */
const interfaceNameBytes = 15;
/** What QEMU's scsi-hd takes. */
const serialBytes = 36;

/** @throws `rack-plan` with everything that is wrong with the plan, before anything is made */
export function checkPlan(plan: RackPlan): void {
  const problems = [...planProblems(plan), ...plan.machines.flatMap((machine) => machineProblems(plan, machine))];
  if (problems.length > 0) throw fail("rack-plan", { name: plan.name, problems });
}

function planProblems(plan: RackPlan): string[] {
  const { machines, subnet, controller } = plan;
  const bmcs = machines.map(({ bmc }) => `${bmc.address}:${bmc.port}`);
  const serials = machines.flatMap((machine) => machine.disks.map((disk) => disk.serial));
  return [
    ...(machines.length > 0 ? [] : ["it has no machines: give a node a `virtual` section"]),
    ...(contains(subnet, controller) ? [] : [`the controller ${controller} is not in ${formatSubnet(subnet)}`]),
    ...(Buffer.byteLength(plan.bridge) > interfaceNameBytes ? [`the bridge's name ${plan.bridge} is too long`] : []),
    ...(/^[\w.-]+$/.test(plan.namespace) ? [] : [`${JSON.stringify(plan.namespace)} is no name for a namespace`]),
    ...twice(
      "machine",
      machines.map((machine) => machine.name),
    ),
    ...twice(
      "MAC address",
      machines.map((machine) => machine.mac),
    ),
    ...twice("BMC address", bmcs),
    ...twice("disk serial", serials),
    ...tooLong(plan.packagesSocket),
  ];
}

function machineProblems(plan: RackPlan, machine: RackMachine): string[] {
  const { name } = machine;
  const badSerials = machine.disks.filter(({ serial }) => !/^[\w.-]+$/.test(serial) || serial.length > serialBytes);
  const isGroupAddress = ((macToBytes(machine.mac)[0] ?? 0) & 1) === 1;
  return [
    ...(isGroupAddress ? [`${name}: ${machine.mac} is a multicast address`] : []),
    ...(machine.disks.length > 0 ? [] : [`${name} has no disks`]),
    ...badSerials.map(
      ({ serial }) => `${name}: ${JSON.stringify(serial)} is no disk serial (A-Z a-z 0-9 . _ -, at most 36)`,
    ),
    ...tooLong(fileNames(plan, name).console),
  ];
}

const twice = (what: string, values: readonly string[]) =>
  [...new Set(values.filter((value, index) => values.indexOf(value) !== index))].map(
    (value) => `the ${what} ${value} is there twice`,
  );

const tooLong = (path: string) =>
  Buffer.byteLength(path) > socketPathBytes ? [`the socket's path is over ${socketPathBytes} bytes: ${path}`] : [];
