import { referenceTo, resourceReference, type TypeReference } from "../../converge/resource-reference.ts";
import { resourceTypes } from "../../converge/resources/list.ts";
import { suggest } from "../../inventory/nearest.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";
import type { Style } from "../style.ts";

export const resources: CliCommand = {
  name: "resources",
  summary: "What a role can declare: every resource type, or one with its properties",
  arguments: "[type]",
  options: [{ flags: "--markdown", help: "print docs/resources.md" }],
  example: "resources file",
  run: async ({ arguments: [name], options }) => {
    if (options.markdown) return { json: resourceTypes.map(referenceTo), text: () => resourceReference(resourceTypes) };
    if (name === undefined) {
      const all = resourceTypes.map(referenceTo);
      return { json: all, text: (style) => all.map((one) => renderLine(one, style)).join("\n") };
    }
    const type = resourceTypes.find((one) => one.name === name);
    if (!type)
      throw fail("resource-type-unknown", {
        name,
        hint: suggest(
          name,
          resourceTypes.map((one) => one.name),
        ),
      });
    const reference = referenceTo(type);
    return { json: reference, text: (style) => renderType(reference, style) };
  },
};

const renderLine = ({ name, summary }: TypeReference, { strong }: Style) => `${strong(name.padEnd(18))} ${summary}`;

function renderType({ summary, example, properties }: TypeReference, { strong, dim, accent }: Style): string {
  const lines = properties.flatMap(({ name, form, required, default: usual, description }) => [
    `  ${strong(name)}  ${dim(`${form}${required ? ", required" : usual === undefined ? "" : `, default ${usual}`}`)}`,
    ...(description ? [`      ${description}`] : []),
  ]);
  return [summary, "", `  ${accent(example)}`, "", ...lines].join("\n");
}
