import { dump } from "js-yaml";
import { type ExplainedLevel, type ExplainedParameter, explainParameters } from "../../app/explain.ts";
import { readSite } from "../../app/site.ts";
import { formatPlace } from "../../errors.ts";
import type { CliCommand, OptionValues } from "../command.ts";
import { formatTable, type Style } from "../style.ts";

export const explain: CliCommand = {
  name: "explain",
  summary: "Show why a role's parameter has its value: each level, and which one wins",
  arguments: "<node> [parameter]",
  options: [
    { flags: "--set <parameter=value>", help: "as on the command line of apply: varnish.port=80", repeats: true },
  ],
  example: "explain web01 varnish.port",
  run: async ({ arguments: [node = "", parameter], options }, { inventoryFolder }) => {
    const found = explainParameters(readSite(inventoryFolder), { node, parameter, set: listOf(options.set) });
    const single = found.length === 1 && parameter !== undefined && parameter.includes(".");
    return {
      json: { node, parameters: found },
      text: (style) => (single ? renderChain(node, found[0] as ExplainedParameter, style) : renderAll(found, style)),
    };
  },
};

const listOf = (value: OptionValues[string]): readonly string[] =>
  Array.isArray(value) ? value : typeof value === "string" ? [value] : [];

/** A value in one line, as one would write it. */
const inline = (value: unknown) => dump(value, { flowLevel: 0, lineWidth: -1, noRefs: true }).trim();

const shown = ({ place, value }: ExplainedLevel) => (place ? inline(value) : "not set");

const titleOf = ({ kind, name }: ExplainedLevel) =>
  kind === "default" ? "role's default" : [kind, name].filter(Boolean).join(" ");

function renderChain(node: string, { role, parameter, description, levels, winner }: ExplainedParameter, style: Style) {
  const { strong, dim, good } = style;
  const rows = levels.map((level) => {
    const wins = level === winner;
    const mark = wins ? good("→") : " ";
    const value = level.place ? shown(level) : dim(shown(level));
    return [mark, titleOf(level), wins ? strong(value) : value, level.place ? dim(formatPlace(level.place)) : ""];
  });
  const head = `${strong(`${role}.${parameter}`)} of ${node} is ${winner ? strong(shown(winner)) : "not set"}`;
  return [head, ...(description ? [`  ${dim(description)}`] : []), "", formatTable(rows)].join("\n");
}

function renderAll(found: readonly ExplainedParameter[], { dim }: Style) {
  if (found.length === 0) return "no parameters";
  return formatTable(
    found.map(({ role, parameter, winner }) => [
      `${role}.${parameter}`,
      winner ? shown(winner) : dim("not set"),
      winner ? dim(`${titleOf(winner)}, ${formatPlace(winner.place as { file: string })}`) : "",
    ]),
  );
}
