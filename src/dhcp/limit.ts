import type { Clock } from "../clock.ts";

/** A budget per key: `burst` at once, then `perSecond`. Keys beyond `capacity` push out the longest unused. */
export interface RateLimit {
  allow(key: string): boolean;
}

export function createRateLimit(of: {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly burst: number;
  readonly perSecond: number;
  readonly capacity: number;
}): RateLimit {
  const budgets = new Map<string, { left: number; atMs: number }>();
  return {
    allow: (key) => {
      const nowMs = of.clock.monotonicMs();
      const before = budgets.get(key) ?? { left: of.burst, atMs: nowMs };
      const left = Math.min(of.burst, before.left + ((nowMs - before.atMs) / 1000) * of.perSecond);
      const allowed = left >= 1;
      budgets.delete(key);
      budgets.set(key, { left: allowed ? left - 1 : left, atMs: nowMs });
      const [oldest] = budgets.keys();
      if (budgets.size > of.capacity && oldest !== undefined) budgets.delete(oldest);
      return allowed;
    },
  };
}
