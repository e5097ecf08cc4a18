import { readSite } from "../../app/site.ts";
import type { CliCommand } from "../command.ts";

export const inventoryCheck: CliCommand = {
  name: "inventory check",
  summary: "Check the inventory; every mistake with file, line and column",
  example: "inventory check",
  run: async (_, { inventoryFolder }) => {
    const { inventory } = readSite(inventoryFolder);
    const [nodes, profiles] = [[...inventory.nodes.keys()], [...inventory.profiles.keys()]];
    return {
      json: { site: inventory.site.name, nodes, profiles },
      text: ({ good }) =>
        `${good("good")}: site ${inventory.site.name}, ${nodes.length} nodes (${nodes.join(", ")}), profiles ${profiles.join(", ")}`,
    };
  },
};
