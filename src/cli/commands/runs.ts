import { storedRuns } from "../../app/run-records.ts";
import type { CliCommand } from "../command.ts";
import { fail } from "../errors.ts";
import { renderRuns } from "../run-lines.ts";

function countOf(given: unknown): number {
  if (/^[1-9]\d{0,5}$/.test(String(given))) return Number(given);
  throw fail("usage", { said: `--lines takes a number, not "${given}"`, advice: "As in: provision runs --lines 50" });
}

export const runs: CliCommand = {
  name: "runs",
  summary: "List the stored runs, newest first: what was converged, looked at and rolled back",
  arguments: "[node]",
  options: [{ flags: "--lines <count>", help: "how many", default: "20" }],
  example: "runs web01",
  run: async ({ arguments: [node], options }, context) => {
    const found = await storedRuns(context, { node, limit: countOf(options.lines) });
    return {
      json: found,
      text: (style) => (found.length > 0 ? renderRuns(found, style) : style.dim("no run is stored yet")),
    };
  },
};
