import type { NodeDisks } from "../../app/disks/desk.ts";
import { openController } from "../../app/open.ts";
import type { CliCommand } from "../command.ts";
import { renderDisks } from "../disk-lines.ts";
import type { Style } from "../style.ts";
import { severityExit, swapExit } from "../swap-exit.ts";

export const diskStatus: CliCommand = {
  name: "disk status",
  summary: "Show arrays, disks, SMART, boot loaders and backups of installed nodes, and what is wrong with them",
  arguments: "[nodes...]",
  options: [{ flags: "--ticket", help: "what the data centre needs: chassis, slot, serial, model, lamp" }],
  example: "disk status web01",
  network: true,
  run: async ({ arguments: nodes, options }, context) => {
    const controller = await openController(context);
    try {
      const found = await controller.disks.status(nodes);
      const text = (style: Style) =>
        options.ticket
          ? found.map(ticketOf).join("\n\n")
          : found.map((disks) => renderDisks(disks, style)).join("\n\n") || "no node is installed yet";
      return { json: found, text, exitCode: Math.max(0, ...found.map(exitOf)) };
    } finally {
      await controller.close();
    }
  },
};

const ticketOf = ({ node, ticket, error }: NodeDisks) =>
  ticket ?? `${node}: ${error ? error.message : "no disk needs hands"}`;

function exitOf({ status, swap }: NodeDisks): number {
  if (swap) return swapExit({ state: "left", operation: swap });
  if (!status) return 1;
  return severityExit(status.severity);
}
