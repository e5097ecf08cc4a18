import { factsOfNode } from "../../app/facts.ts";
import type { StoredFacts } from "../../app/stored-facts.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";
import { formatAge, formatTable, type Style } from "../style.ts";

export const facts: CliCommand = {
  name: "facts",
  summary: "Show what is known of a node's hardware and system, and how old that is; asks the node if nothing is",
  arguments: "<node>",
  options: [
    { flags: "--fresh", help: "ask the node now, and store what it says" },
    { flags: "--stored", help: "what was stored last; without the node" },
  ],
  example: "facts web01",
  network: true,
  run: async ({ arguments: [node = ""], options }, context) => {
    if (options.fresh && options.stored)
      throw fail("usage", { said: "--fresh and --stored exclude each other", advice: "Say one of them, or neither" });
    const from = options.fresh ? "fresh" : options.stored ? "stored" : "known";
    const known = await factsOfNode(context, { node, from, signal: context.terminal.interrupted });
    return { json: { node, ...known }, text: (style) => renderFacts(node, known, style) };
  },
};

export function renderFacts(node: string, { facts: known, agesSeconds }: StoredFacts, style: Style): string {
  const rows = Object.entries(known).map(([name, value]) => [
    style.strong(name),
    style.dim(formatAge(agesSeconds[name] ?? 0)),
    oneLine(value),
  ]);
  return formatTable([["FACT", "READ", node].map(style.dim), ...rows]);
}

/** Lists of things one below the other would be pages: `--json` has them whole. */
function oneLine(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
