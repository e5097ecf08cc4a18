import type { Log } from "../log.ts";
import type { Outcome } from "./transfer.ts";

export interface TftpEvent {
  /** `start`: the client answered; `refused`: it never began. A mere question for the size is no event. */
  readonly kind: "start" | "done" | "failed" | "refused";
  readonly file: string;
  /** The client's address. */
  readonly client: string;
  readonly bytes?: number;
  readonly totalBytes?: number;
  readonly reason?: string;
}

export interface Audience {
  readonly log: Log;
  onEvent?(event: TftpEvent): void;
}

const levels = { start: "debug", done: "info", failed: "warn", refused: "info" } as const;

/** Tells the log and who else listens. */
export function report({ log, onEvent }: Audience, event: TftpEvent): void {
  const { kind, ...fields } = event;
  log[levels[kind]](`TFTP ${kind}`, fields);
  onEvent?.(event);
}

/** How a transfer ended, told; a client that only asked for the size goes to the log alone. */
export function reportEnd(audience: Audience, transfer: Omit<TftpEvent, "kind">, outcome: Outcome): void {
  if (outcome.kind === "done") report(audience, { ...transfer, kind: "done" });
  else if (outcome.kind === "failed") report(audience, { ...transfer, kind: "failed", reason: outcome.reason });
  else audience.log.debug("TFTP client took the size and left", { ...transfer, reason: outcome.reason });
}
