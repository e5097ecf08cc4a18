import type { OperationRecord } from "../../lifecycle/records.ts";

/** A swap that the watch has opened, and that nobody has begun. Nothing was done for it. */
export const isOnlyOpened = ({ kind, state, steps }: OperationRecord): boolean =>
  kind === "diskswap" && state === "running" && steps[0]?.name === "approve" && steps[0].state === "held";
