import type { Controller } from "../../app/controller.ts";
import type { SwapProposal, SwapRequest, SwapResult } from "../../app/disks/desk.ts";
import { isOnlyOpened } from "../../app/disks/opened.ts";
import { openController } from "../../app/open.ts";
import type { SwapMode } from "../../raid/swap-plan.ts";
import type { CliCommand, Context, OptionValues } from "../command.ts";
import { fail } from "../errors.ts";
import { followSwap } from "../follow-swap.ts";
import { renderProposal, targetWords } from "../gate-lines.ts";
import { operator } from "../operator.ts";
import { renderQuestion } from "../question-lines.ts";
import { formatDuration, type Style } from "../style.ts";
import { swapExit } from "../swap-exit.ts";

export const diskReplace: CliCommand = {
  name: "disk replace",
  summary: "Replace a disk: every gate first, then step by step, held where hands are needed; goes on where it was",
  arguments: "<node> <disk>",
  options: [
    { flags: "--plan", help: "show gates and steps, and stop" },
    { flags: "--hot", help: "while the machine runs" },
    { flags: "--cold", help: "with the power off" },
    { flags: "--add-first", help: "the new disk joins before the old one leaves; needs an empty bay" },
    { flags: "--waive <word>", help: "a gate's word, as it names it: backup:/srv", repeats: true },
    { flags: "--accept-data-loss", help: "go on though the last copy can't be read everywhere" },
    { flags: "--yes", help: "begin without asking" },
    { flags: "--answer <text>", help: "the answer to the question that it is held for" },
    { flags: "--wait", help: "without a terminal: stay, and let others answer (provision disk answer)" },
  ],
  example: "disk replace web01 WEB01-B --plan",
  network: true,
  run: async ({ arguments: [node = "", disk = ""], options }, context) => {
    const controller = await openController(context);
    try {
      const request = requestOf(node, disk, options, context);
      const underWay = await isUnderWay(controller, node);
      if (!underWay || options.plan) {
        const proposal = await controller.disks.propose(request);
        if (options.plan || proposal.verdict !== "pass") return shown(proposal);
        await begin(proposal, options, context);
      }
      const result = await followSwap({ controller, request, options, context });
      return { json: { result }, text: (style) => renderSwap(result, style), exitCode: swapExit(result) };
    } finally {
      await controller.close();
    }
  },
};

function requestOf(node: string, disk: string, options: OptionValues, { terminal }: Context): SwapRequest {
  const modes = (["hot", "cold", "addFirst"] as const).filter((mode) => options[mode]);
  if (modes.length > 1)
    throw fail("usage", { said: "--hot, --cold and --add-first exclude each other", advice: "Choose one of them." });
  const mode: SwapMode | undefined = modes[0] === "addFirst" ? "add-first" : modes[0];
  return {
    ...{ node, disk, mode, acceptsDataLoss: options.acceptDataLoss === true, by: operator(terminal.environment) },
    waivers: Array.isArray(options.waive) ? options.waive : [],
  };
}

async function isUnderWay(controller: Controller, node: string): Promise<boolean> {
  const [overview] = await controller.status(node);
  const operation = overview?.status?.operation;
  return operation?.kind === "diskswap" && operation.state === "running" && !isOnlyOpened(operation);
}

/** Shut gates are an answer, not a failure of ours; nothing was touched. */
const shown = (proposal: SwapProposal) => ({
  json: { proposal },
  text: (style: Style) => renderProposal(proposal, style),
  exitCode: proposal.verdict === "pass" ? 0 : 2,
});

async function begin(proposal: SwapProposal, { yes }: OptionValues, { terminal }: Context): Promise<void> {
  terminal.say(renderProposal(proposal, terminal.style));
  if (yes || !terminal.isInteractive) return;
  const typed = await terminal.ask(`Replace ${targetWords(proposal.plan.target)} of ${proposal.node}? Type yes:`);
  if (typed?.trim().toLowerCase() !== "yes") throw fail("swap-not-begun", { node: proposal.node });
}

function renderSwap({ node, state, operation, stale = [] }: SwapResult, style: Style): string {
  const disk = String(operation.parameters.disk);
  if (state === "done")
    return [
      `${style.good("✔")} ${disk} of ${style.strong(node)} is replaced after ${formatDuration(operation.elapsedMs)}`,
      ...(stale.length > 0
        ? [`  nodes/${node}.yaml still names it: write the new disk's serial number into ${stale.join(" and ")}`]
        : []),
    ].join("\n");
  const held = operation.steps.find((step) => step.state === "held");
  const go = `provision disk replace ${node} ${disk}`;
  if (!held?.question) return `${node}: the swap of ${disk} is under way; look on with: ${go}`;
  return [
    renderQuestion(held.question, style),
    `Answer: provision disk answer ${node} ANSWER   call it off: provision disk abort ${node}   go on: ${go}`,
  ].join("\n");
}
