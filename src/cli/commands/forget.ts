import { openController } from "../../app/open.ts";
import type { CliCommand } from "../command.ts";
import { operator } from "../operator.ts";

export const forget: CliCommand = {
  name: "forget",
  summary: "Drop what is known of a node: its phase, history and host keys; the machine isn't touched",
  arguments: "<node>",
  options: [{ flags: "--force", help: "even if it is ready or active" }],
  example: "forget web01 --force",
  run: async ({ arguments: [name = ""], options }, context) => {
    const controller = await openController(context);
    try {
      await controller.forget(name, { force: options.force === true, by: operator(context.terminal.environment) });
      return { json: { node: name, forgotten: true }, text: () => `forgot ${name}` };
    } finally {
      await controller.close();
    }
  },
};
