import type { Proof, ProvisionResult } from "../../app/controller.ts";
import { openController } from "../../app/open.ts";
import type { CliCommand, Context, Invocation } from "../command.ts";
import { openDisplay } from "../display.ts";
import { fail } from "../errors.ts";
import { operator } from "../operator.ts";
import { formatDuration, type Style } from "../style.ts";

export const node: CliCommand = {
  name: "node",
  summary: "Bring a node from power-off to a verified role; does nothing if nothing is left to do",
  arguments: "<node>",
  options: [
    { flags: "--reinstall", help: "erase its disks and install again; asks for the node's name" },
    { flags: "--yes-erase <node>", help: "the answer to that question, for scripts" },
  ],
  example: "node web01",
  network: true,
  needsRoot: "it serves DHCP and TFTP, ports 67 and 69",
  run: async (invocation, context) => {
    const name = invocation.arguments[0] ?? "";
    const reinstall = await mayErase(name, invocation, context);
    const controller = await openController(context);
    const display = openDisplay(context.terminal, context.clock);
    try {
      const request = { node: name, reinstall, by: operator(context.terminal.environment) };
      const result = await controller.provision(request, display.show, context.terminal.interrupted);
      display.close();
      return { json: { result }, text: (style) => renderResult(result, style) };
    } finally {
      display.close();
      await controller.close();
    }
  },
};

/** Erasing needs the node's name, typed: by hand, or as `--yes-erase NAME`. */
async function mayErase(name: string, { options }: Invocation, { terminal }: Context): Promise<boolean> {
  if (!options.reinstall && options.yesErase === undefined) return false;
  const question = `This erases the disks of ${name}. Type its name to go on:`;
  const typed = options.yesErase ?? (await terminal.ask(question));
  if (typed === name) return true;
  throw fail("erase-not-confirmed", { node: name, typed: typeof typed === "string" ? typed : undefined });
}

/** What was done, how long each step took, and what proves that the roles work. */
export function renderResult(result: ProvisionResult, style: Style): string {
  const { node: name, changed, operations, proofs, run } = result;
  const total = operations.reduce((sum, operation) => sum + operation.elapsedMs, 0);
  const head = changed
    ? `${style.good("✔")} ${style.strong(name)} is active after ${formatDuration(total)}`
    : `${style.good("✔")} ${style.strong(name)} is active: nothing was left to do, nothing was changed (${formatDuration(total)})`;
  const times = operations.flatMap((operation) => [
    `  ${operation.kind.padEnd(9)} ${formatDuration(operation.elapsedMs)}`,
    ...operation.steps
      .filter((step) => (step.durationMs ?? 0) >= 100)
      .map((step) => style.dim(`    ${formatDuration(step.durationMs ?? 0).padStart(7)}  ${step.label}`)),
  ]);
  const report = run === undefined ? [] : [style.dim(`  provision report ${run}`)];
  return [head, ...(changed ? times : []), ...proofs.map((proof) => renderProof(proof, style)), ...report].join("\n");
}

const shortEvidence = 40;

/** A promise that was seen true, and what was seen: beside it if it is short, else below. */
export function renderProof({ role, name, evidence }: Proof, { good, dim }: Style): string {
  const seen = evidence.replaceAll(/\s+/g, " ");
  return `  ${good("✔")} ${role}: ${name}${seen.length <= shortEvidence ? "  " : "\n      "}${dim(seen)}`;
}
