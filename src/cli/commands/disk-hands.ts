import type { Controller } from "../../app/controller.ts";
import { openController } from "../../app/open.ts";
import type { CliCommand } from "../command.ts";
import { renderDisks } from "../disk-lines.ts";
import { operator } from "../operator.ts";
import type { Style } from "../style.ts";
import { severityExit } from "../swap-exit.ts";

export const diskLocate: CliCommand = {
  name: "disk locate",
  summary: "Light the lamp of a disk's bay; where nothing can, make the disk's own light flicker for half a minute",
  arguments: "<node> <disk>",
  options: [{ flags: "--off", help: "put it out" }],
  example: "disk locate web01 WEB01-B",
  network: true,
  run: async ({ arguments: [node = "", disk = ""], options }, context) =>
    withController(context, async (controller) => {
      const located = await controller.disks.locate({ node, disk, on: !options.off });
      const { serial, slot, led } = located;
      const where = `${serial}${slot === undefined ? "" : ` in slot ${slot}`} of ${node}`;
      const said =
        led === "blink"
          ? `nothing here lights a lamp: the activity light of ${where} flickered`
          : `the lamp of ${where} is ${options.off ? "out" : "lit"}${led === "none" ? ", as far as anybody can tell" : ` (${led})`}`;
      return { json: located, text: () => said };
    }),
};

export const diskAnswer: CliCommand = {
  name: "disk answer",
  summary: "Answer what a disk's replacement is held for, from wherever you are",
  arguments: "<node> <answer>",
  example: "disk answer web01 01-B",
  network: true,
  run: async ({ arguments: [node = "", answer = ""] }, context) =>
    withController(context, async (controller) => {
      await controller.answer(node, { answer, by: operator(context.terminal.environment) });
      const go = `If nobody follows it, go on with: provision disk replace ${node} DISK`;
      return { json: { node, answered: true }, text: (style) => `answered\n${style.dim(go)}` };
    }),
};

export const diskAbort: CliCommand = {
  name: "disk abort",
  summary: "Call a disk's replacement off; before the disk is pulled everything is undone",
  arguments: "<node>",
  example: "disk abort web01",
  network: true,
  run: async ({ arguments: [node = ""] }, context) =>
    withController(context, async (controller) => {
      const aborted = await controller.disks.abort(node, operator(context.terminal.environment));
      if (!aborted) return { json: { node, aborted }, text: () => `no disk of ${node} is being replaced` };
      // What was undone is proven by looking, not by having been tried.
      const [disks] = await controller.disks.status([node]);
      const text = (style: Style) =>
        [`called off: see provision history ${node}`, ...(disks ? [renderDisks(disks, style)] : [])].join("\n");
      return {
        json: { node, aborted, disks },
        text,
        exitCode: disks?.status ? severityExit(disks.status.severity) : 1,
      };
    }),
};

async function withController<T>(
  context: Parameters<CliCommand["run"]>[1],
  work: (controller: Controller) => Promise<T>,
): Promise<T> {
  const controller = await openController(context);
  try {
    return await work(controller);
  } finally {
    await controller.close();
  }
}
