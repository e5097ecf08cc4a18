import type { Gate } from "./gate.ts";

/** G14. A disk is pulled from a running machine only where the bay is made for it. */
export const hotSwapGate: Gate = {
  id: "G14",
  title: "The bay can be opened while it runs",
  judge({ plan, surroundings }) {
    if (plan.mode === "cold") return [{ verdict: "pass", evidence: "cold swap: the power is off meanwhile" }];
    if (surroundings.hotSwap === true)
      return [{ verdict: "pass", evidence: `mode ${plan.mode}: its bays are hot-swap` }];
    if (surroundings.hotSwap === false) {
      const evidence = `mode ${plan.mode}: its bays aren't hot-swap`;
      return [{ verdict: "refuse", evidence, remedy: "Swap it cold: --cold" }];
    }
    const evidence = `mode ${plan.mode}: nobody knows whether its bays are hot-swap`;
    return [{ verdict: "warn", evidence, remedy: "Say so in the inventory (hotSwap), or swap it cold: --cold" }];
  },
};
