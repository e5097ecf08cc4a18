import { withBmcOf } from "../../app/bmc.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";

export const bmcPing: CliCommand = {
  name: "bmc ping",
  summary: "Log in to a node's BMC and ask who it is",
  arguments: "<node>",
  example: "bmc ping web01",
  network: true,
  run: async ({ arguments: [name = ""] }, context) => {
    const started = context.clock.monotonicMs();
    const identity = await withBmcOf(context, name, (bmc) => bmc.ping());
    const ms = Math.round(context.clock.monotonicMs() - started);
    const told = Object.entries(identity).map(([key, value]) => `${key} ${value}`);
    return {
      json: { node: name, ms, ...identity },
      text: () => `${name}'s BMC answered in ${ms} ms: ${told.join(", ")}`,
    };
  },
};

export const bmcStatus: CliCommand = {
  name: "bmc status",
  summary: "Show a node's power and its next boot device, as its BMC tells them",
  arguments: "<node>",
  example: "bmc status web01",
  network: true,
  run: async ({ arguments: [name = ""] }, context) => {
    const seen = await withBmcOf(context, name, async (bmc) => ({
      power: await bmc.powerState(),
      boot: await bmc.bootDevice(),
    }));
    const { device, persistent, efi } = seen.boot;
    const boot =
      device === "none" ? "as set up" : `${device}${efi ? ", UEFI" : ""}${persistent ? ", always" : ", once"}`;
    return { json: { node: name, ...seen }, text: () => `${name}: power ${seen.power}, next boot: ${boot}` };
  },
};

const actions = ["on", "off", "cycle", "reset", "soft"] as const;

export const bmcPower: CliCommand = {
  name: "bmc power",
  summary: `Switch a node: ${actions.join(", ")}; waits until it is so`,
  arguments: "<node> <action>",
  example: "bmc power web01 soft",
  network: true,
  run: async ({ arguments: [name = "", wanted = ""] }, context) => {
    const action = actions.find((one) => one === wanted);
    if (!action) throw fail("power-action-unknown", { wanted, known: actions });
    const power = await withBmcOf(context, name, async (bmc) => {
      await bmc.power(action);
      return bmc.powerState();
    });
    return { json: { node: name, action, power }, text: () => `${name}: ${action} done, power is ${power}` };
  },
};

export const bmcIdentify: CliCommand = {
  name: "bmc identify",
  summary: "Let a machine blink, so that the person at the rack finds it",
  arguments: "<node>",
  options: [{ flags: "--seconds <count>", help: "how long; at most 255", default: "120" }],
  example: "bmc identify web01 --seconds 60",
  network: true,
  run: async ({ arguments: [name = ""], options }, context) => {
    const seconds = Math.min(255, Math.max(0, Number(options.seconds) || 0));
    await withBmcOf(context, name, (bmc) => bmc.identify(seconds));
    return { json: { node: name, seconds }, text: () => `${name} blinks for ${seconds} s` };
  },
};
