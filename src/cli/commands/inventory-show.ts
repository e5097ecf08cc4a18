import { knownRoles } from "../../app/roles.ts";
import { readSite } from "../../app/site.ts";
import { explainNode } from "../../inventory/explain.ts";
import type { CliCommand } from "../command.ts";
import { toYaml } from "../yaml.ts";

export const inventoryShow: CliCommand = {
  name: "inventory show",
  summary: "Show a node with all it inherits; secrets are masked",
  arguments: "<node>",
  example: "inventory show web01",
  run: async ({ arguments: [name = ""] }, { inventoryFolder }) => {
    const node = explainNode(readSite(inventoryFolder), name, knownRoles);
    return { json: node, text: () => toYaml(node) };
  },
};
