import type { SwapResult } from "../app/disks/desk.ts";

/** The exit table of docs/disk-swap.md: 0 done, 3 waits for a human, 4 in progress. */
export function swapExit({ state, operation }: Pick<SwapResult, "state" | "operation">): number {
  if (state === "done") return 0;
  return operation.steps.some((step) => step.state === "held") ? 3 : 4;
}
