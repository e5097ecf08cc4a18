import test from "ava";
import { reAddMember } from "../../../src/raid/acts/re-add-member.ts";
import { removeGone } from "../../../src/raid/acts/remove-gone.ts";
import { dataFolder, diskMiB, layoutScript, marker } from "./layout.ts";
import { isRefused } from "./refused.ts";
import { openScene, type Scene } from "./scene.ts";
import { startWriter, stopWriter } from "./writer.ts";

/** Disk swaps on one machine with a BIOS and mirrors of two: each test begins with what the one before it left. */
let scene: Scene;

const disk = (serial: string, sizeMiB = diskMiB) => ({ serial, sizeMiB });
const [a1, a2, b1, b2] = ["S3YANX0A0001", "S3YANX0A0002", "S3YANX0B0001", "S3YANX0B0002"] as const;

test.before(async (t) => {
  const layout = layoutScript({ serials: [a1, a2], firmware: "bios" });
  scene = await openScene({ name: "bios", disks: [disk(a1), disk(a2)], layout, say: t.log });
});

test.after.always(async () => {
  await scene?.stop();
});

test.serial("the last good member is refused before any command", async (t) => {
  const { bed } = scene;
  await bed.host.pull(a1, { keep: true });
  await bed.ask(`sync; sleep 1; echo x > ${dataFolder}/notices; echo x > /boot/notices; sync; sleep 1`);
  for (const { uuid = "" } of (await bed.world()).arrays) await bed.act(removeGone({ arrayUuid: uuid }));
  const wish = { old: a2, fresh: disk(b2) };
  await isRefused(scene, t, { wish, says: /G3 .*the last copy/, writes: dataFolder });
  await bed.host.plugBack(a1);
  await bed.ask(`dev ${a1} 5`);
  for (const { uuid = "", title = "" } of (await bed.world()).arrays) {
    const partition = { boot: 3, data: 4, swap: 5 }[title] ?? 0;
    await bed.act(reAddMember({ arrayUuid: uuid, serial: a1, partition }));
  }
  await scene.isWhole(t, a1, a2);
});

test.serial("a healthy swap, while it runs", async (t) => {
  const end = await scene.swaps(t, { old: a1, fresh: disk(b1) });
  t.is(end.state, "done");
  await scene.isWhole(t, b1, a2);
});

test.serial("then it starts from each disk alone", async (t) => {
  for (const serial of [b1, a2])
    t.regex(await scene.bed.host.startFromDisk({ serial }, { firmware: "bios", marker }), /GRUB/);
});

test.serial(
  "a cold swap under I/O: what was written until it was switched off is there, and the names are other ones",
  async (t) => {
    const { bed } = scene;
    const names = () => bed.ask("lsblk -dno SERIAL /dev/sd* | xargs");
    const before = await names();
    await bed.ask(startWriter);
    const end = await scene.swaps(t, { old: a2, fresh: disk(b2), mode: "cold" });
    t.is(end.state, "done");
    t.true(end.asked.includes("while-off"));
    await bed.host.up();
    t.log(before, "then", await names());
    t.regex(await bed.ask(stopWriter), /^written \d+$/);
    await scene.isWhole(t, b1, b2);
  },
);

test.serial("and it starts from the other new disk alone, too", async (t) => {
  t.regex(await scene.bed.host.startFromDisk({ serial: b2 }, { firmware: "bios", marker }), /GRUB/);
});
