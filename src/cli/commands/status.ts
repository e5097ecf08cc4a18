import type { NodeOverview } from "../../app/controller.ts";
import { openController } from "../../app/open.ts";
import type { CliCommand } from "../command.ts";
import { renderFailure } from "../failure.ts";
import { formatDuration, formatTable, type Style } from "../style.ts";

export const status: CliCommand = {
  name: "status",
  summary: "Show phase, power and operation of every node, or of one with its steps",
  arguments: "[node]",
  example: "status web01",
  run: async ({ arguments: [name] }, context) => {
    const controller = await openController(context);
    try {
      const nodes = await controller.status(name);
      return { json: nodes, text: (style) => (name ? renderNode(nodes, style) : renderNodes(nodes, style)) };
    } finally {
      await controller.close();
    }
  },
};

export function renderNodes(nodes: readonly NodeOverview[], style: Style): string {
  const header = ["NODE", "PHASE", "CONDITION", "POWER", "OPERATION"].map(style.dim);
  const rows = nodes.map(({ name, status: seen }) => {
    if (!seen) return [name, "unknown", "–", "–", style.dim("never touched")];
    const { node, operation } = seen;
    const condition = node.condition.state === "ok" ? style.good("ok") : style.bad(node.condition.code ?? "failed");
    const what = operation
      ? `${operation.kind} ${operation.state}${operation.lastMilestone ? `, ${operation.lastMilestone}` : ""}`
      : "–";
    return [name, phaseIn(style, node.phase), condition, node.power ?? "–", what];
  });
  return formatTable([header, ...rows]);
}

const phaseIn = (style: Style, phase: string) => (phase === "active" ? style.good(phase) : phase);

function renderNode(nodes: readonly NodeOverview[], style: Style): string {
  const operation = nodes[0]?.status?.operation;
  const head = renderNodes(nodes, style);
  if (!operation) return head;
  const steps = operation.steps.map((step) => [
    `  ${step.label}`,
    step.state,
    step.durationMs === undefined ? "" : formatDuration(step.durationMs),
    step.note ?? "",
  ]);
  const title = `${operation.kind}, generation ${operation.generation}, by ${operation.by}, ${operation.startedAt.toISOString()}`;
  const error = operation.error ? [renderFailure(operation.error, style)] : [];
  return [head, "", title, formatTable(steps), ...error].join("\n");
}
