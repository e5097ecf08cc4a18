import type { StepContext } from "../../step.ts";

export interface Patience {
  readonly forMs: number;
  readonly everyMs: number;
}

/** What `see` gives at last, or nothing when the time is up. It is asked at least once. */
export async function until<T>(
  { clock, signal }: StepContext,
  see: () => Promise<T | undefined>,
  { forMs, everyMs }: Patience,
): Promise<T | undefined> {
  const endMs = clock.monotonicMs() + forMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await see();
    if (seen !== undefined || clock.monotonicMs() >= endMs) return seen;
    await clock.sleep(everyMs, signal);
  }
}

/** For what can't be asked at this moment: nothing, unless the step is over. */
export async function quietly<T>({ signal }: StepContext, see: () => Promise<T>): Promise<T | undefined> {
  try {
    return await see();
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}
