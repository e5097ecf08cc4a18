import type { ProbeReport } from "../probes/probe.ts";
import type { SwapPlan } from "../swap-plan.ts";
import type { World } from "../world.ts";

/** What a gate thinks of a swap. */
export interface Finding {
  /** `G3` */
  readonly gate: string;
  readonly title: string;
  /** `confirm`: somebody must waive it by name; `waived`: somebody did. `refuse` can't be overridden. */
  readonly verdict: "pass" | "warn" | "confirm" | "waived" | "refuse";
  /** What was seen. */
  readonly evidence: string;
  readonly remedy?: string;
  /** The word by which it is waived: `backup:/srv`; with `confirm` and `waived`. */
  readonly waiver?: string;
}

export interface Gate {
  readonly id: string;
  /** "Something redundant is left" */
  readonly title: string;
  /** At least one finding. */
  judge(question: SwapQuestion): readonly Judgement[];
}

/** A finding as a gate gives it: who it is of is known. */
export type Judgement = Omit<Finding, "gate" | "title" | "verdict"> & {
  readonly verdict: Exclude<Finding["verdict"], "waived">;
};

/** Everything that a gate may look at. */
export interface SwapQuestion {
  readonly world: World;
  readonly plan: SwapPlan;
  readonly probes: readonly ProbeReport[];
  readonly surroundings: Surroundings;
}

/** What isn't on the host itself. */
export interface Surroundings {
  /** Other nodes of its groups that are being worked on: one at a time. */
  readonly othersInMaintenance: readonly string[];
  readonly bmc: { readonly state: "ok" | "unreachable" | "manual"; readonly said?: string };
  /** Can the bays be opened while it runs? `undefined`: nobody knows. */
  readonly hotSwap: boolean | undefined;
  /** What `--accept-data-loss` listed by hand. */
  readonly acceptsDataLoss: boolean;
}
