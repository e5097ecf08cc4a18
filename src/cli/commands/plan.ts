import { chosenNodes, rolloutOf } from "../../app/fleet.ts";
import { createLocalController } from "../../app/local.ts";
import { connectAndLook, lookAtNodes, type NodePlan } from "../../app/node-plan.ts";
import { installedOf, preflight } from "../../app/preflight.ts";
import { readSite } from "../../app/site.ts";
import type { AssessedPlan } from "../../converge/assessment.ts";
import { describePlan, type PlanLine } from "../../converge/describe.ts";
import type { Track } from "../../converge/rollout-policy.ts";
import type { CliCommand, Outcome } from "../command.ts";
import { renderFailure } from "../failure.ts";
import { type LeftOut, renderLeftOut, renderTracks } from "../fleet-lines.ts";
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
    const chosen = chosenNodes(readSite(context.inventoryFolder), { ...asked(invocation, "plan"), max: undefined });
    const how = { wanted: wanted(invocation), signal: context.terminal.interrupted };
    const named = invocation.arguments.length > 0;
    const controller = await createLocalController(context);
    const { site } = controller.house;
    try {
      const { nodes: selected, without } = preflight(site, chosen, { wanted: how.wanted, named });
      const [first] = selected;
      if (invocation.arguments.length === 1 && first)
        return one(await connectAndLook(controller.house, first.name, how));
      const { nodes, notInstalled } = named
        ? { nodes: selected, notInstalled: [] }
        : await installedOf(controller, selected);
      const names = nodes.map(({ name }) => name);
      const plans = await lookAtNodes(controller.house, { ...how, nodes: names, bound });
      return many({ plans, tracks: rolloutOf(site, nodes), leftOut: { without, notInstalled } });
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

interface Plans {
  readonly plans: readonly NodePlan[];
  readonly tracks: readonly Track[];
  readonly leftOut: LeftOut;
}

/** Each plan, then a table of all, then how an apply of them would go. */
function many({ plans, tracks, leftOut }: Plans): Outcome {
  return {
    json: { nodes: plans.map((one) => ("plan" in one ? planJson(one.plan) : one)), rollout: tracks, ...leftOut },
    text: (style) => {
      const each = plans.map((one) =>
        "plan" in one ? renderPlan(describePlan(one.plan), style) : renderFailure(one.error, style),
      );
      return [
        ...each,
        renderTable(plans, style),
        ...[...renderTracks(tracks), ...renderLeftOut(leftOut)].map(style.dim),
      ].join("\n\n");
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
