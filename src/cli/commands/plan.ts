import { chosenNodes, rolloutOf, selectorOf } from "../../app/fleet.ts";
import { createLocalController } from "../../app/local.ts";
import { connectAndLook, lookAtNodes, type NodePlan } from "../../app/node-plan.ts";
import { readSite } from "../../app/site.ts";
import type { AssessedPlan } from "../../converge/assessment.ts";
import { describePlan, type PlanLine } from "../../converge/describe.ts";
import type { Track } from "../../converge/rollout-policy.ts";
import type { CliCommand, Outcome } from "../command.ts";
import { renderFailure } from "../failure.ts";
import { renderTracks } from "../fleet-lines.ts";
import { asked, chooseOptions, wanted, wantedOptions } from "../fleet-options.ts";
import { formatTable, type Style } from "../style.ts";

const bound = 10;

export const plan: CliCommand = {
  name: "plan",
  summary: "Show what nodes' roles would change on them; one round trip each, nothing is changed",
  arguments: "[nodes...]",
  options: [...chooseOptions, ...wantedOptions],
  example: "plan web01",
  network: true,
  run: async (invocation, context) => {
    const site = readSite(context.inventoryFolder);
    const chosen = chosenNodes(site, { ...asked(invocation, "plan"), max: undefined });
    const how = { wanted: wanted(invocation), signal: context.terminal.interrupted };
    if (how.wanted.only !== undefined) selectorOf(how.wanted.only);
    const controller = await createLocalController(context);
    try {
      const nodes = chosen.map(({ name }) => name);
      const [first] = nodes;
      if (invocation.arguments.length === 1 && first !== undefined)
        return one(await connectAndLook(controller.house, first, how));
      return many(await lookAtNodes(controller.house, { ...how, nodes, bound }), rolloutOf(site, chosen));
    } finally {
      await controller.close();
    }
  },
};

const one = (made: AssessedPlan): Outcome => ({
  json: planJson(made),
  text: (style) => renderPlan(describePlan(made), style),
});

function planJson({ node, planned, causes, unchanged, orphans }: AssessedPlan) {
  const changes = planned.map(({ item, changes: properties, certainty, because }) => {
    const { reference: resource, role, declared } = item;
    return { resource, role, declared, certainty, because, cause: causes.get(item.id), changes: properties };
  });
  return { node, changes, unchanged, orphans };
}

/** Each plan, then a table of all, then how an apply of them would go. */
function many(plans: readonly NodePlan[], tracks: readonly Track[]): Outcome {
  return {
    json: { nodes: plans.map((one) => ("plan" in one ? planJson(one.plan) : one)), rollout: tracks },
    text: (style) => {
      const each = plans.map((one) =>
        "plan" in one ? renderPlan(describePlan(one.plan), style) : renderFailure(one.error, style),
      );
      return [...each, renderTable(plans, style), ...renderTracks(tracks).map(style.dim)].join("\n\n");
    },
    exitCode: plans.some((one) => "error" in one) ? 1 : 0,
  };
}

function renderTable(plans: readonly NodePlan[], style: Style): string {
  const rows = plans.map((one) =>
    "plan" in one
      ? [one.node, String(one.plan.planned.length), String(one.plan.unchanged), "–"]
      : [one.node, "?", "?", style.bad(one.error.code)],
  );
  return formatTable([["NODE", "TO CHANGE", "AS IT SHOULD BE", "ERROR"].map(style.dim), ...rows]);
}

const plain = (text: string) => text;

export function renderPlan(lines: readonly PlanLine[], style: Style): string {
  const tones: Record<PlanLine["tone"], (text: string) => string> = {
    heading: style.strong,
    added: style.good,
    removed: style.bad,
    hunk: style.accent,
    note: style.dim,
    plain,
  };
  return lines.map(({ tone, text }) => tones[tone](text)).join("\n");
}
