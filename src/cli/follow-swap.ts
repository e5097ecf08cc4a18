import type { Controller } from "../app/controller.ts";
import type { SwapRequest, SwapResult } from "../app/disks/desk.ts";
import { isOnlyOpened } from "../app/disks/opened.ts";
import type { OperationEvent } from "../lifecycle/events.ts";
import type { HoldQuestion } from "../lifecycle/step.ts";
import type { Context, OptionValues, Terminal } from "./command.ts";
import { openDisplay } from "./display.ts";
import { operator } from "./operator.ts";
import { renderQuestion } from "./question-lines.ts";

export interface Following {
  readonly controller: Controller;
  readonly request: SwapRequest;
  readonly options: OptionValues;
  readonly context: Context;
}

/**
 * Shows a swap as it goes, and asks whoever sits at the terminal what it is held for. Where nobody sits, it leaves it held.
 * Ctrl-C leaves it, too: it isn't called off by that.
 */
export async function followSwap({ controller, request, options, context }: Following): Promise<SwapResult> {
  const { terminal, clock } = context;
  const leave = new AbortController();
  terminal.interrupted.addEventListener("abort", () => leave.abort(), { once: true });
  const display = openDisplay(terminal, clock);
  let answer = typeof options.answer === "string" ? options.answer : undefined;
  let unneeded = new AbortController();
  const give = (text: string): Promise<boolean> =>
    controller.answer(request.node, { answer: text, by: operator(terminal.environment) }).then(
      () => true,
      () => false,
    );
  const ask = async (question: HoldQuestion) => {
    const own = new AbortController();
    unneeded = own;
    const given = answer;
    answer = undefined;
    if (given !== undefined) return void (await give(given));
    if (!terminal.isInteractive) return options.wait ? undefined : leaveUnless(own.signal);
    display.pause();
    terminal.say(renderQuestion(question, terminal.style));
    const typed = await typedBy(terminal, own.signal);
    display.resume();
    if (typed !== undefined) await give(typed);
  };
  /** What it sees by itself may end the question at once, or ask another one. */
  const leaveUnless = async (over: AbortSignal) => {
    await clock.sleep(settleMs, over).catch(() => {});
    if (!over.aborted) leave.abort();
  };
  const watch = (event: OperationEvent) => {
    if (event.kind === "step" && event.state !== "held") unneeded.abort();
    display.show(event);
    if (event.kind === "step" && event.state === "held" && event.question) void ask(event.question);
  };
  try {
    display.recall(await soFar(controller, request.node));
    // It may be an answer to what was asked last; else it is one to what is asked first.
    if (answer !== undefined && (await give(answer))) answer = undefined;
    return await controller.disks.swap(request, watch, leave.signal);
  } finally {
    unneeded.abort();
    display.close();
  }
}

/** Long enough for one look at a machine that is busy. */
const settleMs = 10_000;

/** Enter alone answers nothing: it is asked again. `undefined`: it needs no answer any more, or nobody is there. */
async function typedBy(terminal: Terminal, unneeded: AbortSignal): Promise<string | undefined> {
  for (;;) {
    const typed = await terminal.ask("  >", unneeded).catch(() => undefined);
    if (typed === undefined || typed.trim() !== "") return typed?.trim();
  }
}

/** What the swap that is under way has come to, if one is. */
async function soFar(controller: Controller, node: string): Promise<readonly OperationEvent[]> {
  const [overview] = await controller.status(node);
  const operation = overview?.status?.operation;
  if (operation?.kind !== "diskswap" || operation.state !== "running" || isOnlyOpened(operation)) return [];
  return (await controller.history(node)).filter((event) => event.operationId === operation.id);
}
