import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { type Bed, beforeFile, startBed } from "./bed.ts";
import { type Controller, openController } from "./controller.ts";
import { type SwapEnd, type SwapWish, swapDisk } from "./drive.ts";
import { diskMiB, layoutScript, marker } from "./layout.ts";
import { startWriter, stopWriter } from "./writer.ts";

/** Disk swaps on one machine with a BIOS: each test begins with what the one before it left. */
let bed: Bed;
let controller: Controller;
let before: string;
const folder = mkdtempSync(join(tmpdir(), "raid-"));

const disk = (serial: string, sizeMiB = diskMiB) => ({ serial, sizeMiB });
const [a1, a2, b1, b2] = ["S3YANX0A0001", "S3YANX0A0002", "S3YANX0B0001", "S3YANX0B0002"] as const;

test.before(async (t) => {
  bed = await startBed({ name: "bios", disks: [disk(a1), disk(a2)], say: t.log });
  await bed.ask(layoutScript({ serials: [a1, a2], firmware: "bios" }));
  before = await bed.sumOf(beforeFile);
  controller = await openController(bed.host, folder);
});

test.after.always(async () => {
  await controller?.close();
  await bed?.host.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function swaps(t: ExecutionContext, wish: SwapWish): Promise<SwapEnd> {
  const end = await swapDisk(controller, bed.host, wish);
  for (const line of end.steps) t.log(line);
  for (const note of end.notes) t.log("note:", note);
  if (end.error) t.log(end.error.code, end.error.message, ...end.lines.slice(-20));
  return end;
}

async function isWhole(t: ExecutionContext, ...serials: readonly string[]): Promise<void> {
  await bed.whole();
  const world = await bed.world();
  t.is(world.arrays.length, 3);
  for (const { title, members, degraded } of world.arrays) {
    t.is(degraded, 0, title);
    t.deepEqual(members.map(({ serial }) => serial).toSorted(), serials.toSorted(), title);
    for (const member of members) t.deepEqual([member.states, member.badBlocks], [["in_sync"], []], title);
  }
  t.is(await bed.sumOf(beforeFile), before);
}

test.serial("a healthy swap, while it runs", async (t) => {
  const end = await swaps(t, { old: a1, fresh: disk(b1) });
  t.is(end.state, "done");
  await isWhole(t, b1, a2);
});

test.serial("it starts from each disk alone", async (t) => {
  for (const serial of [b1, a2])
    t.regex(await bed.host.startFromDisk({ serial }, { firmware: "bios", marker }), /GRUB/);
});

test.serial("a swap under I/O: nothing that was written before or meanwhile is lost", async (t) => {
  await bed.ask(startWriter);
  const end = await swaps(t, { old: a2, fresh: disk(b2) });
  t.is(end.state, "done");
  t.regex(await bed.ask(stopWriter), /^written \d{2,}$/);
  await isWhole(t, b1, b2);
});
