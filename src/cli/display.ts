import type { Clock } from "../clock.ts";
import type { OperationEvent } from "../lifecycle/events.ts";
import type { Terminal } from "./command.ts";
import { advance, emptyProgress, renderEvent, renderProgress } from "./progress.ts";

/** Shows events as they come; `close` leaves the last picture standing. */
export interface Display {
  show(event: OperationEvent): void;
  /** What happened before anybody looked on: in the picture from its first moment, and no line of its own. */
  recall(events: readonly OperationEvent[]): void;
  /** Leaves the picture standing, and the lines below it to somebody else until `resume` draws a new one. */
  pause(): void;
  resume(): void;
  close(): void;
}

const frameMs = 200;

/** On a terminal a picture that is redrawn in place; in a pipe a line an event; with `--json` an object a line. */
export function openDisplay(terminal: Terminal, clock: Clock): Display {
  if (terminal.json) return { ...lineByLine, show: (event) => terminal.write(`${JSON.stringify(event)}\n`) };
  return terminal.isInteractive ? openPicture(terminal, clock) : openLines(terminal);
}

const lineByLine = { recall: () => {}, pause: () => {}, resume: () => {}, close: () => {} } as const;

function openLines(terminal: Terminal): Display {
  const show = (event: OperationEvent) => {
    const line = renderEvent(event);
    if (line !== undefined) terminal.write(`${line}\n`);
  };
  return { ...lineByLine, show };
}

function openPicture(terminal: Terminal, clock: Clock): Display {
  let view = emptyProgress;
  let seenAt = clock.monotonicMs();
  let drawn = 0;
  let cancel: (() => void) | undefined;
  const draw = () => {
    const now = view.elapsedMs + (clock.monotonicMs() - seenAt);
    const lines = view.title ? renderProgress(view, now, terminal) : [];
    const up = drawn > 0 ? `\u001b[${drawn}F` : "";
    terminal.write(`${up}\u001b[J${lines.map((line) => `${line}\n`).join("")}`);
    drawn = lines.length;
  };
  const tick = () => {
    draw();
    cancel = clock.after(frameMs, tick);
  };
  const resume = () => {
    cancel ??= clock.after(0, tick);
  };
  const pause = () => {
    if (!cancel) return;
    cancel();
    cancel = undefined;
    draw();
    drawn = 0;
  };
  resume();
  return {
    show: (event) => {
      if (cancel && event.kind === "operation" && event.state === "running") {
        draw();
        drawn = 0;
      }
      view = advance(view, event);
      seenAt = clock.monotonicMs();
    },
    recall: (events) => {
      view = events.reduce(advance, view);
      seenAt = clock.monotonicMs();
    },
    ...{ pause, resume, close: pause },
  };
}
