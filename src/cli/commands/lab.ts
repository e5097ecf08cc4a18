import { openLab } from "../../app/lab.ts";
import type { MachineStatus, RackStatus } from "../../sim/rack/status.ts";
import type { CliCommand } from "../command.ts";
import { formatDuration, formatTable, type Style } from "../style.ts";

export const labUp: CliCommand = {
  name: "lab up",
  summary: "Make the virtual rack that the inventory describes: a network of its own, machines with BMCs, all off",
  example: "lab up",
  needsRoot: "it makes a network namespace",
  run: async (_, context) => {
    const { plan, up } = await openLab(context);
    const { made } = await up();
    const names = plan.machines.map((machine) => machine.name);
    const said = made ? "is up" : "was up already";
    return {
      json: { rack: plan.name, made, machines: names },
      text: () => `rack ${plan.name} ${said}: ${names.join(", ")}, in network namespace ${plan.namespace}`,
    };
  },
};

export const labDown: CliCommand = {
  name: "lab down",
  summary: "Remove the virtual rack: its machines, disks, network and records; nothing is left behind",
  example: "lab down",
  needsRoot: "it removes a network namespace",
  run: async (_, context) => {
    const { plan, down } = await openLab(context);
    await down();
    return { json: { rack: plan.name }, text: () => `rack ${plan.name} is gone` };
  },
};

export const labStatus: CliCommand = {
  name: "lab status",
  summary: "Show the virtual rack's machines: power, next boot device, BMC, console log",
  example: "lab status",
  run: async (_, context) => {
    const status = await (await openLab(context)).status();
    return { json: status, text: (style) => renderRack(status, style) };
  },
};

function renderRack({ name, state, machines }: RackStatus, style: Style): string {
  if (state !== "up") return `rack ${name} is ${state}`;
  const header = ["MACHINE", "POWER", "SINCE", "NEXT BOOT", "BMC", "CONSOLE LOG"].map(style.dim);
  return formatTable([header, ...machines.map((machine) => machineRow(machine, style))]);
}

const machineRow = (machine: MachineStatus, { good, bad }: Style) => [
  machine.name,
  machine.problem ? bad(machine.problem.code) : machine.power === "on" ? good("on") : "off",
  machine.uptimeSeconds === undefined ? "–" : formatDuration(machine.uptimeSeconds * 1000),
  machine.nextBoot.device === "none" ? "disk" : machine.nextBoot.device,
  `${machine.bmc.address}:${machine.bmc.port}`,
  machine.serialLog,
];
