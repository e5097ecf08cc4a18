import { milestoneIndex } from "../boot/milestones.ts";
import type { Clock } from "../clock.ts";

/**
 * What the machine was heard to say during one operation. Milestones only go forward; one that was there before wakes
 * whoever waits but is no progress, so that a machine that boots over and over again is a machine that has stalled.
 */
export interface Inbox {
  lastMilestone(): string | undefined;
  lastHeardMs(): number;
  /** True if the milestone is further than any before it. */
  milestone(name: string): boolean;
  /** A sign of life without a milestone. */
  heard(): void;
  /** Did the machine ask for network boot again after it had got that far? */
  restartedSince(milestone: string): boolean;
  /** Calls back at the next sign of life, once; the returned function calls it off. */
  onNext(callback: () => void): () => void;
}

export function createInbox(clock: Clock, lastMilestone: string | undefined): Inbox {
  const waiting = new Set<() => void>();
  let [last, heardMs, restartedAt] = [lastMilestone, clock.monotonicMs(), -1];
  const wake = () => {
    const callbacks = [...waiting];
    waiting.clear();
    for (const callback of callbacks) callback();
  };
  const heard = () => {
    heardMs = clock.monotonicMs();
    wake();
  };
  return {
    lastMilestone: () => last,
    lastHeardMs: () => heardMs,
    milestone: (name) => {
      const index = milestoneIndex(name);
      if (name === "dhcp-discover") restartedAt = Math.max(restartedAt, milestoneIndex(last));
      const further = index > milestoneIndex(last);
      if (further) last = name;
      if (further) heard();
      else wake();
      return further;
    },
    heard,
    restartedSince: (name) => restartedAt >= milestoneIndex(name),
    onNext: (callback) => {
      waiting.add(callback);
      return () => void waiting.delete(callback);
    },
  };
}

/** Resolves at the next sign of life, or after `ms`. */
export function nextSign(
  clock: Clock,
  inbox: Inbox,
  { ms, signal }: { ms: number; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      callOff();
      cancelTimer();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const callOff = inbox.onNext(finish);
    const cancelTimer = clock.after(ms, finish);
    signal.addEventListener("abort", finish, { once: true });
  });
}
