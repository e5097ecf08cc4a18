import { openController } from "../../app/open.ts";
import type { CliCommand } from "../command.ts";
import { openDisplay } from "../display.ts";
import { operator } from "../operator.ts";
import { renderResult } from "./node.ts";

export const apply: CliCommand = {
  name: "apply",
  summary: "Make an installed node as its roles want it, and verify; never installs",
  arguments: "<node>",
  example: "apply web01",
  network: true,
  needsRoot: "it serves packages to the node, and holds the key to it",
  run: async ({ arguments: [name = ""] }, context) => {
    const controller = await openController(context);
    const display = openDisplay(context.terminal, context.clock);
    try {
      const by = operator(context.terminal.environment);
      const result = await controller.converge({ node: name, by }, display.show, context.terminal.interrupted);
      display.close();
      return { json: { result }, text: (style) => renderResult(result, style) };
    } finally {
      display.close();
      await controller.close();
    }
  },
};
