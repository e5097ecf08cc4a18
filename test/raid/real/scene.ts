import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { type Bed, type BedOptions, beforeFile, startBed } from "./bed.ts";
import { type Controller, openController } from "./controller.ts";
import { type SwapEnd, type SwapWish, swapDisk } from "./drive.ts";

/** A machine, a controller and somebody at the rack; tests go on with what the one before left. */
export interface Scene {
  readonly bed: Bed;
  readonly controller: Controller;
  /** Runs a swap whose waivers are those that a virtual disk needs, and logs how it went. */
  swaps(t: ExecutionContext, wish: SwapWish): Promise<SwapEnd>;
  /** Every array has just these disks, all in sync, without a bad block, and the file from before is what it was. */
  isWhole(t: ExecutionContext, ...serials: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface SceneOptions extends BedOptions {
  /** Makes the arrays; `beforeFile` is there then. */
  readonly layout: string;
}

export async function openScene({ layout, ...options }: SceneOptions): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "raid-"));
  const bed = await startBed(options);
  try {
    await bed.ask(layout);
    const before = await bed.sumOf(beforeFile);
    const controller = await openController(bed.host, folder);
    return {
      ...{ bed, controller },
      swaps: async (t, wish) => logged(t, await swapDisk(controller, bed.host, await waived(bed, wish))),
      isWhole: async (t, ...serials) => {
        await bed.whole();
        sameDisks(t, await bed.world(), serials);
        t.is(await bed.sumOf(beforeFile), before, "the file from before");
      },
      stop: async () => {
        await controller.close();
        await bed.host.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (thrown) {
    await bed.host.stop();
    throw thrown;
  }
}

/** A virtual disk has no SMART; and the kernel's log is too short to remember a check. */
export async function waived(bed: Bed, wish: SwapWish): Promise<SwapWish> {
  const { disks, arrays } = await bed.world();
  const words = [...disks.map(({ serial }) => `smart:${serial}`), ...arrays.map(({ name }) => `check:${name}`)];
  return { ...wish, waivers: [...words, ...(wish.waivers ?? [])] };
}

function logged(t: ExecutionContext, end: SwapEnd): SwapEnd {
  for (const line of end.steps) t.log(line);
  for (const note of end.notes) t.log("note:", note);
  if (end.error) t.log(end.error.code, end.error.message, ...end.lines.slice(-20));
  return end;
}

function sameDisks(t: ExecutionContext, { arrays }: Awaited<ReturnType<Bed["world"]>>, serials: readonly string[]) {
  t.true(arrays.length > 0);
  for (const { name, title = name, members, degraded } of arrays) {
    t.is(degraded, 0, title);
    t.deepEqual(members.map(({ serial }) => serial).toSorted(), serials.toSorted(), title);
    for (const { states, badBlocks } of members) t.deepEqual([states, badBlocks], [["in_sync"], []], title);
  }
}
