import { chosenNodes, rolloutOf, selectorOf } from "../../app/fleet.ts";
import { openController } from "../../app/open.ts";
import { type FleetEvent, type NodeReport, runRollout } from "../../app/rollout.ts";
import { readSite } from "../../app/site.ts";
import type { Track } from "../../converge/rollout-policy.ts";
import type { CliCommand, Context, Invocation, Outcome, Terminal } from "../command.ts";
import { openDisplay } from "../display.ts";
import { renderFleetEvent, renderReports, renderTracks } from "../fleet-lines.ts";
import { asked, chooseOptions, count, wanted, wantedOptions } from "../fleet-options.ts";
import { operator } from "../operator.ts";
import { renderResult } from "./node.ts";

export const apply: CliCommand = {
  name: "apply",
  summary: "Make installed nodes as their roles want them, and verify; never installs",
  arguments: "[nodes...]",
  options: [
    ...chooseOptions,
    ...wantedOptions,
    { flags: "--purge", help: "also remove what earlier runs made and no role wants any more" },
    { flags: "--max <count>", help: "the most nodes without --all", default: "10" },
    { flags: "--at-once <count>", help: "nodes at the same time, over all roles", default: "10" },
  ],
  example: "apply web01",
  network: true,
  needsRoot: "it serves packages to the nodes, and holds the key to them",
  run: async (invocation, context) => {
    const site = readSite(context.inventoryFolder);
    const max = count(invocation.options.max, "--max");
    const nodes = chosenNodes(site, { ...asked(invocation, "apply"), max });
    const { only } = wanted(invocation);
    if (only !== undefined) selectorOf(only);
    const tracks = rolloutOf(site, nodes);
    const [first] = nodes;
    const isNamed = invocation.arguments.length === 1 && first !== undefined;
    return isNamed ? applyOne(first.name, invocation, context) : applyMany(tracks, invocation, context);
  },
};

async function applyOne(node: string, invocation: Invocation, context: Context): Promise<Outcome> {
  const controller = await openController(context);
  const display = openDisplay(context.terminal, context.clock);
  try {
    const request = { ...wanted(invocation), node, by: operator(context.terminal.environment) };
    const result = await controller.converge(request, display.show, context.terminal.interrupted);
    display.close();
    return { json: { result }, text: (style) => renderResult(result, style) };
  } finally {
    display.close();
    await controller.close();
  }
}

async function applyMany(tracks: readonly Track[], invocation: Invocation, context: Context): Promise<Outcome> {
  const { terminal, clock } = context;
  const bound = count(invocation.options.atOnce, "--at-once");
  const controller = await openController(context);
  try {
    for (const line of renderTracks(tracks)) terminal.say(terminal.style.dim(line));
    const reports = await runRollout({
      ...{ controller, tracks, bound, clock, signal: terminal.interrupted },
      request: { ...wanted(invocation), by: operator(terminal.environment) },
      onEvent: (event) => show(event, terminal),
    });
    return {
      json: { nodes: reports },
      text: (style) => `\n${renderReports(reports, style)}`,
      exitCode: exitCodeOf(reports),
    };
  } finally {
    await controller.close();
  }
}

function show(event: FleetEvent, { json, style, say, write }: Terminal): void {
  const line = json ? JSON.stringify(event.kind === "operation" ? event.event : event) : renderFleetEvent(event, style);
  if (line !== undefined) (json ? write : say)(json ? `${line}\n` : line);
}

const exitCodeOf = (reports: readonly NodeReport[]) => (reports.some(({ error }) => error !== undefined) ? 1 : 0);
