import type { SwapResult } from "../app/disks/desk.ts";
import type { Severity } from "../raid/status.ts";

/** The exit table of docs/disk-swap.md: 0 done, 3 waits for a human, 4 in progress. */
export function swapExit({ state, operation }: Pick<SwapResult, "state" | "operation">): number {
  if (state === "done") return 0;
  return operation.steps.some((step) => step.state === "held") ? 3 : 4;
}

/** 0 well, 4 a rebuild is at work, 5 something wants attention. */
export const severityExit = (severity: Severity): number =>
  ({ ok: 0, rebuilding: 4, degraded: 5, "at-risk": 5, failed: 5 })[severity];
