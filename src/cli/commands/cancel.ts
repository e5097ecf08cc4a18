import { openController } from "../../app/open.ts";
import type { CliCommand } from "../command.ts";
import { operator } from "../operator.ts";

export const cancel: CliCommand = {
  name: "cancel",
  summary: "End the operation that runs on a node; disarms it first and needs no BMC",
  arguments: "<node>",
  example: "cancel web01",
  run: async ({ arguments: [name = ""] }, context) => {
    const controller = await openController(context);
    try {
      const cancelled = await controller.cancel(name, operator(context.terminal.environment));
      const said = cancelled ? `cancelled what ran on ${name}` : `nothing was running on ${name}`;
      return { json: { node: name, cancelled }, text: () => said };
    } finally {
      await controller.close();
    }
  },
};
