import type { Clock } from "../clock.ts";
import { fail } from "./errors.ts";
import type { RunOptions } from "./shell.ts";

interface Watched {
  readonly clock: Clock;
  readonly name: string;
  readonly options: RunOptions;
}

/** Calls `end` once, with the reason to throw, when the command's time is over or its caller gave up. */
export function endEarly({ clock, name, options }: Watched, end: (reason: unknown) => void): { stop(): void } {
  const { timeoutMs, signal } = options;
  const abort = () => end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const cancel =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () => end(fail("command-timeout", { name, timeoutMs })));
  return {
    stop() {
      cancel?.();
      signal?.removeEventListener("abort", abort);
    },
  };
}
