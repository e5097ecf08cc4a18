import type { OperationRecord } from "../../lifecycle/records.ts";

/** A swap that the watch has opened, and that nobody has begun; whether or not a process waits for it. Nothing was done for it. */
export const isOnlyOpened = ({ kind, state, parameters, steps: [first] }: OperationRecord): boolean =>
  kind === "diskswap" &&
  state === "running" &&
  typeof parameters.opened === "string" &&
  first?.name === "approve" &&
  first.state !== "done";
