import { openController } from "../../app/open.ts";
import type { CliCommand } from "../command.ts";
import { renderEvent } from "../progress.ts";

export const history: CliCommand = {
  name: "history",
  summary: "Show what was done to a node, oldest first",
  arguments: "<node>",
  example: "history web01",
  run: async ({ arguments: [name = ""] }, context) => {
    const controller = await openController(context);
    try {
      const events = await controller.history(name);
      const lines = events.flatMap((event) => {
        const text = renderEvent(event);
        return text === undefined ? [] : [`${event.at.toISOString().slice(0, 19).replace("T", " ")}  ${text.trim()}`];
      });
      return { json: events, text: ({ dim }) => lines.join("\n") || dim(`nothing was ever done to ${name}`) };
    } finally {
      await controller.close();
    }
  },
};
