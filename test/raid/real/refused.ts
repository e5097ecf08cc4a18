import type { ExecutionContext } from "ava";
import { type SwapWish, swapDisk } from "./drive.ts";
import { type Scene, waived } from "./scene.ts";

/** The gates refuse it, naming one of them; nothing was sent that changes anything, and what is mounted can be written to. */
export async function isRefused(
  { bed, controller }: Scene,
  t: ExecutionContext,
  { wish, says, writes }: { wish: SwapWish; says: RegExp; writes: string },
): Promise<void> {
  const [arrays, mdstat] = [await bed.arrays(), await bed.ask("cat /proc/mdstat")];
  const end = await swapDisk(controller, bed.host, await waived(bed, wish));
  t.is(end.error?.code, "swap-refused-by-gates", end.error?.message);
  t.regex(end.error?.message ?? "", says);
  t.deepEqual(end.asked, [], "nobody was sent to the rack");
  t.is(await bed.arrays(), arrays);
  t.is(await bed.ask("cat /proc/mdstat"), mdstat);
  t.is(
    await bed.ask(
      `dd if=/dev/zero of=${writes}/can-write bs=4096 count=8 conv=fsync 2>/dev/null && rm ${writes}/can-write && echo yes`,
    ),
    "yes",
  );
}
