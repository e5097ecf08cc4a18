import test from "ava";
import type { Terminal } from "../../src/cli/command.ts";
import { openDisplay } from "../../src/cli/display.ts";
import { exitCodeOf } from "../../src/cli/failure.ts";
import { noColours } from "../../src/cli/style.ts";
import { createFakeClock } from "../../src/clock.ts";
import type { ErrorRecord } from "../../src/errors.ts";
import type { OperationEvent, OperationEventBody } from "../../src/lifecycle/events.ts";

const event = (body: OperationEventBody): OperationEvent => ({
  ...{ at: new Date(0), node: "web01", operationId: 1, elapsedMs: 0 },
  ...body,
});
const steps = [{ name: "identify", label: "Find it" }];
const begun = event({
  ...{ kind: "operation", operation: "diskswap", generation: 1, state: "running", phase: "active", by: "ann", steps },
});
const held = event({ kind: "step", step: "identify", label: "Find it", state: "held", attempt: 1 });

function screen(kind: "terminal" | "pipe" | "json") {
  const clock = createFakeClock();
  let said = "";
  const terminal = {
    ...{ isInteractive: kind === "terminal", json: kind === "json", columns: 80, rows: 24, style: noColours },
    write: (text: string) => {
      said += text;
    },
  } as Terminal;
  const display = openDisplay(terminal, clock);
  const since = () => {
    const text = said;
    said = "";
    return text;
  };
  return { display, clock, since };
}

test("a paused picture leaves the lines below it alone; resumed, it is drawn anew, with all that it knew", async (t) => {
  const { display, clock, since } = screen("terminal");
  display.show(begun);
  await clock.advance(400);
  display.pause();
  t.regex(since(), /diskswap web01/);
  display.show(held);
  await clock.advance(1000);
  t.is(since(), "");
  display.resume();
  await clock.advance(200);
  t.regex(since().replaceAll("\u001b[J", ""), /^diskswap web01 .*\n ▸ Find it/);
  display.close();
  t.is(since().match(/diskswap web01/g)?.length, 1);
  display.close();
  t.is(since(), "");
});

for (const kind of ["terminal", "pipe", "json"] as const) {
  test(`${kind}: what happened before anybody looked on ${kind === "terminal" ? "is in the picture" : "is no line"}`, async (t) => {
    const { display, clock, since } = screen(kind);
    display.recall([begun, held]);
    await clock.advance(200);
    t.is(since().includes("▸ Find it"), kind === "terminal");
    display.close();
  });
}

for (const [code, fault, exit] of [
  ["swap-degraded-done", "machine", 5],
  ["swap-refused-by-gates", "input", 2],
  ["swap-rebuild-failed", "machine", 1],
] as const) {
  test(`${code} ends with ${exit}`, (t) => t.is(exitCodeOf({ code, fault } as ErrorRecord), exit));
}
