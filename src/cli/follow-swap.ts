import type { Controller } from "../app/controller.ts";
import type { SwapRequest, SwapResult } from "../app/disks/desk.ts";
import type { OperationEvent } from "../lifecycle/events.ts";
import type { HoldQuestion } from "../lifecycle/step.ts";
import type { Context, OptionValues } from "./command.ts";
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
  let display = openDisplay(terminal, clock);
  let answer = typeof options.answer === "string" ? options.answer : undefined;
  let unneeded = new AbortController();
  const give = (text: string) =>
    controller.answer(request.node, { answer: text, by: operator(terminal.environment) }).catch(() => {});
  const ask = async (question: HoldQuestion) => {
    const given = answer;
    answer = undefined;
    if (given !== undefined) return give(given);
    if (!terminal.isInteractive) return options.wait ? undefined : leave.abort();
    display.close();
    terminal.say(renderQuestion(question, terminal.style));
    const own = new AbortController();
    unneeded = own;
    const typed = await terminal.ask("  >", own.signal).catch(() => undefined);
    display = openDisplay(terminal, clock);
    if (typed !== undefined && typed.trim() !== "") await give(typed.trim());
  };
  const watch = (event: OperationEvent) => {
    if (event.kind === "step" && event.state !== "held") unneeded.abort();
    display.show(event);
    if (event.kind === "step" && event.state === "held" && event.question) void ask(event.question);
  };
  try {
    return await controller.disks.swap(request, watch, leave.signal);
  } finally {
    unneeded.abort();
    display.close();
  }
}
