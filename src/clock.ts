import { randomBytes } from "node:crypto";

/** Everything that differs from run to run: time and chance. The only file that asks the system for either. */
export interface Clock {
  /** Wall time, for records that people read. It steps; never subtract two of these. */
  now(): Date;
  /** Milliseconds since an arbitrary start; for durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms`; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  randomBytes(count: number): Uint8Array;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", abort, { once: true });
    }),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  randomBytes: (count) => new Uint8Array(randomBytes(count)),
};

export interface FakeClock extends Clock {
  /** Moves both clocks on and runs what became due, in order of time. */
  advance(ms: number): Promise<void>;
  /** Moves only the wall clock, as an operator or NTP would. */
  stepWall(ms: number): void;
}

/** A clock for tests: time moves only by `advance`, chance is a counted sequence of bytes. */
export function createFakeClock(start = new Date("2026-01-01T00:00:00Z")): FakeClock {
  let elapsed = 0;
  let wallOffset = 0;
  let chance = 0;
  const due: { at: number; run: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    const entry = { at: elapsed + ms, run };
    due.push(entry);
    return () => {
      const index = due.indexOf(entry);
      if (index >= 0) due.splice(index, 1);
    };
  };
  return {
    now: () => new Date(start.getTime() + elapsed + wallOffset),
    monotonicMs: () => elapsed,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = after(ms, resolve);
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      }),
    randomBytes: (count) => Uint8Array.from({ length: count }, () => chance++ & 0xff),
    stepWall: (ms) => {
      wallOffset += ms;
    },
    advance: async (ms) => {
      const end = elapsed + ms;
      for (;;) {
        await Promise.resolve();
        due.sort((a, b) => a.at - b.at);
        const next = due[0];
        if (!next || next.at > end) break;
        due.shift();
        elapsed = next.at;
        next.run();
      }
      elapsed = end;
      await Promise.resolve();
    },
  };
}
