import type { ConvergeParts } from "../lifecycle/operations/converge.ts";
import type { Foundations } from "./local.ts";

export function convergeParts(
  _house: Foundations,
  hostKeys: (node: string) => Promise<readonly string[]>,
): ConvergeParts {
  return {
    hostKeys,
    applyMs: 1_800_000,
    connect: async () => {
      throw new Error("not yet");
    },
  };
}
