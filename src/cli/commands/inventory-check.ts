import { tryOpenSite } from "../../app/site.ts";
import type { CliCommand } from "../command.ts";
import { renderFailure } from "../failure.ts";

/** Reasons to tell at length; the rest is counted. */
const toldReasons = 3;

export const inventoryCheck: CliCommand = {
  name: "inventory check",
  summary: "Check the inventory; every mistake with file, line and column",
  example: "inventory check",
  run: async (_, context) => {
    const { site, secrets, unopened } = await tryOpenSite(context);
    const { inventory } = site;
    const [nodes, profiles] = [[...inventory.nodes.keys()], [...inventory.profiles.keys()]];
    const groups = [...inventory.groups.keys()];
    const isWhole = unopened.length === 0;
    return {
      json: {
        ...{ site: inventory.site.name, nodes, profiles, groups },
        secrets: { count: secrets, opened: isWhole, reasons: unopened },
      },
      text: (style) => {
        const { good, warn } = style;
        const head = `${good("good")}: site ${inventory.site.name}, ${nodes.length} nodes (${nodes.join(", ")}), profiles ${profiles.join(", ")}`;
        const grouped = groups.length > 0 ? [`  groups ${groups.join(", ")}`] : [];
        if (secrets === 0) return [head, ...grouped].join("\n");
        const count = secrets === 1 ? "1 encrypted value" : `${secrets} encrypted values`;
        if (isWhole) return [head, ...grouped, `  ${count}, opened and checked`].join("\n");
        const note = `${count}: what could not be opened was checked for its form only`;
        const reasons = unopened.slice(0, toldReasons).map((one) => renderFailure(one.toJSON(), style));
        return [head, ...grouped, `${warn("!")} ${note}`, ...reasons].join("\n");
      },
    };
  },
};
