import type { SwapArea } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { StepDefinition } from "../../step.ts";
import { ensure, type Swap } from "./hands.ts";
import { diskWith, newSerialOf, planOf } from "./memory.ts";
import { lostRetries } from "./retries.ts";

/** Swap beside the arrays comes back under its old UUID, so that fstab stays true. */
export const swapSpace = (swap: Swap): StepDefinition => ({
  name: "swap",
  label: "Make swap space again",
  idempotent: true,
  deadlineMs: swap.parts.times.stepMs,
  expectedMs: 3000,
  retries: lostRetries,
  run: async (ctx) => {
    const [{ swaps }, serial] = [planOf(ctx), newSerialOf(ctx)];
    if (swaps.length === 0) return { skipped: "the old disk had none of its own" };
    for (const area of swaps) {
      const { active: on, ...rest } = area;
      await ensure(swap, ctx, {
        what: `swap ${area.uuid} on ${serial}`,
        depth: "all",
        isSo: (world) => isThere(world, serial, area),
        act: () => swap.seams.acts.makeSwap({ serial, ...rest, on }),
      });
    }
    return undefined;
  },
});

function isThere(world: World, serial: string, { partition, uuid, active }: SwapArea): boolean {
  const name = diskWith(world, serial)?.partitions.find((one) => one.number === partition)?.name;
  const block = world.blocks.find((one) => one.name === name);
  return block?.content === "swap" && block.uuid === uuid && (!active || block.mountPoints.includes("[SWAP]"));
}
