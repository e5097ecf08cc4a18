import { onNode } from "../../app/hosts.ts";
import { lookAtNode } from "../../app/node-plan.ts";
import { describePlan, type PlanLine } from "../../converge/describe.ts";
import type { CliCommand } from "../command.ts";
import type { Style } from "../style.ts";

export const plan: CliCommand = {
  name: "plan",
  summary: "Show what a node's roles would change on it; one round trip, nothing is changed",
  arguments: "<node>",
  example: "plan web01",
  network: true,
  run: async ({ arguments: [name = ""] }, context) => {
    const { interrupted } = context.terminal;
    const made = await onNode(context, name, (shell, house) => lookAtNode(house, name, { shell, signal: interrupted }));
    const changes = made.planned.map(({ item, changes: properties, certainty, because }) => {
      return {
        resource: item.reference,
        role: item.role,
        declared: item.declared,
        certainty,
        because,
        cause: made.causes.get(item.id),
        changes: properties,
      };
    });
    return {
      json: { node: name, changes, unchanged: made.unchanged, orphans: made.orphans },
      text: (style) => renderPlan(describePlan(made), style),
    };
  },
};

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
