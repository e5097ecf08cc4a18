import type { OperationDefinition, StepDefinition } from "../../step.ts";
import { approve } from "./approve.ts";
import { awaitNew, vet } from "./await-new.ts";
import { backUp } from "./backup.ts";
import { bootLoader, prepareBoot } from "./boot.ts";
import { createSwap, hangUp, type Swap } from "./hands.ts";
import { identify, identifyReplaced } from "./identify.ts";
import { keeperRequestOf } from "./keeper-request.ts";
import { keeperSteps } from "./keeper-swap.ts";
import { add, partition } from "./lay-out.ts";
import { requestOf } from "./memory.ts";
import type { DiskSwapParts } from "./parts.ts";
import { pull, pullReplaced } from "./pull.ts";
import { quiesce, undrain } from "./quiesce.ts";
import { rebuild } from "./rebuild.ts";
import { record } from "./record.ts";
import { remove, removeReplaced } from "./remove.ts";
import { swapSpace } from "./swap-space.ts";
import { verify } from "./verify.ts";
import { wipe } from "./wipe.ts";

/**
 * From a disk that is to go to a host that is whole again. Parameters: `disk` (its serial number), `mode` (hot, cold,
 * add-first; else the plan's choice), `waivers`, `acceptsDataLoss`; `keeper` of a disk that isn't md's.
 *
 * Every step looks at the host first, does what isn't done yet, and looks for the proof: a controller that was killed at any
 * point goes on. Until the old disk is pulled, calling it off puts everything back.
 */
export function createDiskSwap(parts: DiskSwapParts): OperationDefinition {
  return ({ parameters }) => {
    const swap = createSwap(parts);
    if (keeperRequestOf(parameters)) return [approve(swap), ...closing(swap, keeperSteps(swap))];
    const { mode } = requestOf(parameters);
    const before = mode === "add-first" ? [] : [remove(swap), identify(swap), pull(swap)];
    const after =
      mode === "hot" || mode === "cold" ? [] : [removeReplaced(swap), identifyReplaced(swap), pullReplaced(swap)];
    const steps = [
      ...[record(swap), backUp(swap), prepareBoot(swap), quiesce(swap), ...before],
      ...[awaitNew(swap), vet(swap), wipe(swap), partition(swap), add(swap), bootLoader(swap), swapSpace(swap)],
      ...[rebuild(swap), ...after, verify(swap), undrain(swap)],
    ];
    return [approve(swap), ...closing(swap, steps)];
  };
}

/** Whoever is last, at the end or when it is undone, hangs up. */
function closing(swap: Swap, steps: readonly StepDefinition[]): readonly StepDefinition[] {
  return steps.map((step, at) => {
    if (at === 0) return { ...step, undo: () => hangUp(swap) };
    if (at < steps.length - 1) return step;
    return {
      ...step,
      run: async (ctx) => {
        const result = await step.run(ctx);
        await hangUp(swap);
        return result;
      },
    };
  });
}
