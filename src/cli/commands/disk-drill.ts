import { type Drill, readTyped, rightMove } from "../../app/disks/drill.ts";
import { type Lab, openLab } from "../../app/lab.ts";
import { createLocalController, type LocalController } from "../../app/local.ts";
import { toRecord } from "../../errors.ts";
import type { OperationEvent } from "../../lifecycle/events.ts";
import type { HoldQuestion } from "../../lifecycle/step.ts";
import type { CliCommand, Context } from "../command.ts";
import { renderDisks } from "../disk-lines.ts";
import { openDisplay } from "../display.ts";
import { fail } from "../errors.ts";
import { renderFailure } from "../failure.ts";
import { renderProposal } from "../gate-lines.ts";
import { operator } from "../operator.ts";
import { renderQuestion } from "../question-lines.ts";

export const diskDrill: CliCommand = {
  name: "disk drill",
  summary: "Training: replace a disk of a machine of the virtual rack, with your hands at its bays",
  arguments: "[node]",
  options: [
    { flags: "--auto", help: "a skilled hand plays the tech; without a terminal always so" },
    { flags: "--cold", help: "with the power off" },
  ],
  example: "disk drill web01",
  network: true,
  needsRoot: "it runs the virtual rack",
  run: async ({ arguments: [node = "web01"], options }, context) => {
    const lab = await openLab(context);
    const controller = await createLocalController(context);
    try {
      const drill = await prepare(node, lab, { controller, context });
      const isAuto = options.auto === true || !context.terminal.isInteractive;
      const mode = options.cold ? ("cold" as const) : ("hot" as const);
      await perform({ drill, lab, controller, context, isAuto, mode });
      const [disks] = await controller.disks.status([node]);
      const said = `${drill.old} is out, ${drill.fresh} is in. Again: provision disk drill ${node}`;
      return {
        json: { node, old: drill.old, fresh: drill.fresh, disks },
        text: (style) => `${disks ? renderDisks(disks, style) : ""}\n\n${said}`,
      };
    } finally {
      await controller.close();
    }
  },
};

interface Stage {
  readonly controller: LocalController;
  readonly context: Context;
}

/** The rack is up, the machine has a system of ours, and one of its disks is chosen to go. */
async function prepare(node: string, lab: Lab, { controller, context }: Stage): Promise<Drill> {
  await lab.up();
  const phase = (await controller.status(node))[0]?.status?.node.phase ?? "unknown";
  if (phase !== "ready" && phase !== "active") throw fail("drill-not-installed", { node });
  const machine = (await lab.status()).machines.find(({ name }) => name === node);
  const old = machine?.disks.at(-1);
  if (!machine || !old || machine.disks.length < 2) throw fail("drill-too-few-disks", { node });
  context.say(
    `The story: ${node} has ${machine.disks.map(({ serial }) => serial).join(" and ")}, and ${old.serial} is to go.`,
  );
  const name = `${old.serial.replace(/-[A-F0-9]{4}$/, "")}-${hexOf(context.clock.randomBytes(nameBytes))}`;
  return { machine: node, old: old.serial, fresh: name, sizeMiB: old.sizeMiB };
}

const nameBytes = 2;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex").toUpperCase();

interface Performance extends Stage {
  readonly drill: Drill;
  readonly lab: Lab;
  readonly isAuto: boolean;
  readonly mode: "hot" | "cold";
}

/** Gates as they are; what only a training machine lacks (backups, SMART) is waived by name, aloud. */
async function perform(performance: Performance): Promise<void> {
  const { drill, controller, context, mode } = performance;
  const { terminal } = context;
  const by = operator(terminal.environment);
  const asked = { node: drill.machine, disk: drill.old, mode, waivers: [], acceptsDataLoss: false, by };
  const proposal = await controller.disks.propose(asked);
  terminal.say(renderProposal(proposal, terminal.style));
  const waivers = proposal.findings.flatMap(({ verdict, waiver }) => (verdict === "confirm" && waiver ? [waiver] : []));
  if (waivers.length > 0)
    terminal.say(
      `\nThis machine is for training; on a real one think before each: --waive ${waivers.join(" --waive ")}\n`,
    );
  // Lines, not a picture: it would be drawn over what the trainee types.
  const display = openDisplay({ ...terminal, isInteractive: false }, context.clock);
  let question = new AbortController();
  const watch = (event: OperationEvent) => {
    display.show(event);
    if (event.kind !== "step") return;
    question.abort();
    question = new AbortController();
    if (event.state === "held" && event.question) void play(performance, event.question, question.signal);
  };
  try {
    await controller.disks.swap({ ...asked, waivers }, watch, terminal.interrupted);
  } finally {
    display.close();
  }
}

/** @param over when the question needs no answer any more */
async function play(performance: Performance, question: HoldQuestion, over: AbortSignal): Promise<void> {
  const { drill, lab, controller, context, isAuto } = performance;
  const { terminal } = context;
  const answer = (text: string) =>
    controller.answer(drill.machine, { answer: text, by: operator(terminal.environment) }).catch(() => {});
  const order = (wanted: Parameters<Lab["bay"]>[0]) =>
    lab.bay(wanted).catch((thrown) => terminal.say(renderFailure(toRecord(thrown), terminal.style)));
  terminal.say(renderQuestion(question, terminal.style));
  if (isAuto) {
    const move = rightMove(question, drill);
    for (const one of move.orders) await order(one);
    if (move.answer !== undefined) await answer(move.answer);
    return;
  }
  const help = `your hands: pull SERIAL, insert SERIAL (a new one: ${drill.fresh}); anything else is the answer`;
  terminal.say(terminal.style.dim(`    ${help}`));
  while (!over.aborted) {
    const line = await terminal.ask("  >", over).catch(() => undefined);
    if (line === undefined) return;
    const typed = readTyped(line, drill);
    if (typed.kind === "answer" && typed.text !== "") return answer(typed.text);
    if (typed.kind === "answer") continue;
    if (typed.kind === "help") terminal.say(help);
    else await order(typed.order);
  }
}
