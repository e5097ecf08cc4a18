import type { Clock } from "../clock.ts";
import type { Ipv4Address } from "../wire/addresses.ts";

/** Addresses that a client found in use by somebody else (RFC 2131 §4.3.3). */
export interface Quarantine {
  add(address: Ipv4Address): void;
  has(address: Ipv4Address): boolean;
}

export const quarantineMs = 5 * 60_000;

/** Bounded: a flood of DECLINEs pushes out the oldest address instead of emptying the pool for good. */
export function createQuarantine(clock: Pick<Clock, "monotonicMs">, capacity = 64): Quarantine {
  const until = new Map<Ipv4Address, number>();
  return {
    add: (address) => {
      until.delete(address);
      until.set(address, clock.monotonicMs() + quarantineMs);
      const [oldest] = until.keys();
      if (until.size > capacity && oldest) until.delete(oldest);
    },
    has: (address) => {
      const end = until.get(address);
      if (end !== undefined && end <= clock.monotonicMs()) until.delete(address);
      return until.has(address);
    },
  };
}
