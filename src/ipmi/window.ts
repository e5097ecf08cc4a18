/**
 * Which session sequence numbers were seen, IPMI 2.0 §6.12.14: each packet is taken once, late ones while they are
 * within 32 of the newest. Numbers ahead are all taken: what is lost in between is lost, and the packet was signed.
 */
export interface ReceiveWindow {
  readonly highest: number;
  /** Bit n: highest - n was seen. */
  readonly seen: number;
}

export const emptyWindow: ReceiveWindow = { highest: 0, seen: 0 };

const WIDTH = 32;

/** The window with this number in it; `undefined` for a duplicate, one too late, and 0, which §13.28.1 excludes. */
export function receive(window: ReceiveWindow, sequence: number): ReceiveWindow | undefined {
  if (sequence === 0) return undefined;
  const ahead = sequence - window.highest;
  if (ahead >= WIDTH) return { highest: sequence, seen: 1 };
  if (ahead > 0) return { highest: sequence, seen: ((window.seen << ahead) | 1) >>> 0 };
  const bit = 1 << -ahead;
  if (-ahead >= WIDTH || (window.seen & bit) !== 0) return undefined;
  return { highest: window.highest, seen: (window.seen | bit) >>> 0 };
}
