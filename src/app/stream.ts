import type { Clock } from "../clock.ts";
import type { ErrorRecord } from "../errors.ts";
import type { OperationEvent } from "../lifecycle/events.ts";

/** What a stream of the API says, a JSON object a line; the last one is the result or the error. */
export type StreamLine<Result> =
  | { readonly event: OperationEvent }
  | { readonly result: Result }
  | { readonly error: ErrorRecord };

/** A blank line this often tells both sides of a quiet stream that it lives; a controller waits for minutes for a machine. */
const aliveMs = 5000;

/**
 * Turns what `run` emits into lines of JSON, in order, with blank lines between; ends when `run` does. `run` goes on even if
 * nobody reads.
 */
export async function* stream<Item>(
  clock: Clock,
  run: (emit: (item: Item) => void) => Promise<void>,
): AsyncIterable<string> {
  const waiting: string[] = ["\n"];
  let state = "open" as "open" | "over" | "unread";
  let wake = Promise.withResolvers<void>();
  const say = (line: string) => {
    if (state === "open") waiting.push(line);
    wake.resolve();
  };
  const end = () => {
    state = "over";
    wake.resolve();
  };
  run((item) => say(`${JSON.stringify(item)}\n`)).then(end, end);
  let quiet = () => {};
  try {
    for (;;) {
      yield* waiting.splice(0);
      if (state === "over" && waiting.length === 0) return;
      quiet = clock.after(aliveMs, () => say("\n"));
      await wake.promise;
      quiet();
      wake = Promise.withResolvers<void>();
    }
  } finally {
    quiet();
    state = "unread";
  }
}
