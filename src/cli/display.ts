import type { Clock } from "../clock.ts";
import type { OperationEvent } from "../lifecycle/events.ts";
import type { Terminal } from "./command.ts";
import { advance, emptyProgress, renderEvent, renderProgress } from "./progress.ts";

/** Shows events as they come; `close` leaves the last picture standing. */
export interface Display {
  show(event: OperationEvent): void;
  close(): void;
}

const frameMs = 200;

/** On a terminal a picture that is redrawn in place; in a pipe a line an event; with `--json` an object a line. */
export function openDisplay(terminal: Terminal, clock: Clock): Display {
  if (terminal.json) return { show: (event) => terminal.write(`${JSON.stringify(event)}\n`), close: () => {} };
  return terminal.isInteractive ? openPicture(terminal, clock) : openLines(terminal);
}

function openLines(terminal: Terminal): Display {
  const show = (event: OperationEvent) => {
    const line = renderEvent(event);
    if (line !== undefined) terminal.write(`${line}\n`);
  };
  return { show, close: () => {} };
}

function openPicture(terminal: Terminal, clock: Clock): Display {
  let view = emptyProgress;
  let seenAt = clock.monotonicMs();
  let drawn = 0;
  let cancel = () => {};
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
  cancel = clock.after(0, tick);
  return {
    show: (event) => {
      if (event.kind === "operation" && event.state === "running") {
        draw();
        drawn = 0;
      }
      view = advance(view, event);
      seenAt = clock.monotonicMs();
    },
    close: () => {
      cancel();
      seenAt = clock.monotonicMs();
      draw();
    },
  };
}
