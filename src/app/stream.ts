import type { ErrorRecord } from "../errors.ts";
import type { OperationEvent } from "../lifecycle/events.ts";
import type { ProvisionResult } from "./controller.ts";

/** What a stream of the API says, a JSON object a line; the last one is the result or the error. */
export type StreamLine =
  | { readonly event: OperationEvent }
  | { readonly result: ProvisionResult }
  | { readonly error: ErrorRecord };

/** Turns what `run` emits into lines of JSON, in order; ends when `run` does. `run` goes on even if nobody reads. */
export async function* stream<Item>(run: (emit: (item: Item) => void) => Promise<void>): AsyncIterable<string> {
  const waiting: string[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  const emit = (item: Item) => {
    waiting.push(`${JSON.stringify(item)}\n`);
    wake.resolve();
  };
  const end = () => {
    over = true;
    wake.resolve();
  };
  const finished = run(emit).then(end, end);
  while (!over || waiting.length > 0) {
    yield* waiting.splice(0);
    if (!over) await wake.promise;
    wake = Promise.withResolvers<void>();
  }
  await finished;
}
