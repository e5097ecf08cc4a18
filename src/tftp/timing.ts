/** What is known about the way there and back, in milliseconds (RFC 6298 §2). */
export interface RoundTrip {
  readonly smoothedMs: number;
  readonly varianceMs: number;
}

/** Below this a resend would race the client's own scheduling. */
const floorMs = 20;
/** Before anything was measured (RFC 6298 §2.1). */
const unmeasuredMs = 1000;
const ceilingMs = 8000;
/** The first two resends are quick; the later ones give a stalled client some seconds before we give it up. */
const patienceMs = [0, 0, 500, 1000, 2000, 4000] as const;

export const mostResends = patienceMs.length - 1;

export function measure(before: RoundTrip | undefined, sampleMs: number): RoundTrip {
  if (!before) return { smoothedMs: sampleMs, varianceMs: sampleMs / 2 };
  const offMs = Math.abs(before.smoothedMs - sampleMs);
  return {
    smoothedMs: before.smoothedMs * 0.875 + sampleMs * 0.125,
    varianceMs: before.varianceMs * 0.75 + offMs * 0.25,
  };
}

/** How long to wait for an ACK after `resends` resends in a row. */
export function retransmitMs(known: RoundTrip | undefined, resends: number): number {
  const once = known ? Math.max(floorMs, known.smoothedMs * 3, known.smoothedMs + known.varianceMs * 4) : unmeasuredMs;
  const patience = patienceMs[Math.min(resends, mostResends)] as number;
  return Math.min(ceilingMs, Math.max(once * 2 ** resends, patience));
}

/** How long datagrams may overtake each other before one that is missed counts as lost. */
export function overtakingMs(known: RoundTrip | undefined): number {
  return known ? Math.max(2, known.smoothedMs + known.varianceMs * 2) : floorMs;
}
