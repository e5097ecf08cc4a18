import { chosenNodes, rolloutOf } from "../../app/fleet.ts";
import { openController } from "../../app/open.ts";
import { installedOf, preflight } from "../../app/preflight.ts";
import { type FleetEvent, runRollout } from "../../app/rollout.ts";
import { type LoadedSite, openSite, readSite } from "../../app/site.ts";
import type { FleetNode } from "../../converge/limit.ts";
import { applyFromFile, fromOptions, isFrom } from "../apply-from.ts";
import type { CliCommand, Context, Invocation, Outcome, Terminal } from "../command.ts";
import { openDisplay } from "../display.ts";
import { renderFleetEvent, renderLeftOut, renderReports, renderTracks } from "../fleet-lines.ts";
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
    ...fromOptions,
  ],
  example: "apply web01",
  network: (options) => !isFrom(options),
  needsRoot: "it serves packages to the nodes, and holds the key to them",
  run: async (invocation, context) => {
    if (isFrom(invocation.options)) return applyFromFile(invocation, context);
    const max = count(invocation.options.max, "--max");
    const chosen = chosenNodes(readSite(context.inventoryFolder), { ...asked(invocation, "apply"), max });
    const site = await openSite(context);
    const named = invocation.arguments.length > 0;
    const { nodes, without } = preflight(site, chosen, { wanted: wanted(invocation), named });
    const [first] = nodes;
    if (invocation.arguments.length === 1 && first) return applyOne(first.name, invocation, context);
    return applyMany({ site, nodes, without, named }, invocation, context);
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

interface Chosen {
  readonly site: LoadedSite;
  readonly nodes: readonly FleetNode[];
  readonly without: readonly string[];
  readonly named: boolean;
}

async function applyMany(chosen: Chosen, invocation: Invocation, context: Context): Promise<Outcome> {
  const { terminal, clock } = context;
  const { site, named, without } = chosen;
  const bound = count(invocation.options.atOnce, "--at-once");
  const controller = await openController(context);
  try {
    const { nodes, notInstalled } = named
      ? { ...chosen, notInstalled: [] }
      : await installedOf(controller, chosen.nodes);
    const tracks = rolloutOf(site, nodes);
    const leftOut = { without, notInstalled };
    for (const line of [...renderTracks(tracks), ...renderLeftOut(leftOut)]) terminal.say(terminal.style.dim(line));
    const reports = await runRollout({
      ...{ controller, tracks, bound, clock, signal: terminal.interrupted },
      request: { ...wanted(invocation), by: operator(terminal.environment) },
      onEvent: (event) => show(event, terminal),
    });
    return {
      json: { nodes: reports, ...leftOut },
      text: (style) => `\n${renderReports(reports, style)}`,
      exitCode: reports.some(({ error }) => error !== undefined) ? 1 : 0,
    };
  } finally {
    await controller.close();
  }
}

function show(event: FleetEvent, { json, style, say, write }: Terminal): void {
  const line = json ? JSON.stringify(event.kind === "operation" ? event.event : event) : renderFleetEvent(event, style);
  if (line !== undefined) (json ? write : say)(json ? `${line}\n` : line);
}
