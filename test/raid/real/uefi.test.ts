import test from "ava";
import { diskMiB, layoutScript, marker } from "./layout.ts";
import { openScene, type Scene } from "./scene.ts";

/** NVMe disks on a machine with UEFI, each with an EFI system partition of its own. */
let scene: Scene;

const disk = (serial: string) => ({ serial, sizeMiB: diskMiB, bus: "nvme" as const });
const [a1, a2, b1] = ["S4EVNX0A0001", "S4EVNX0A0002", "S4EVNX0B0001"] as const;

test.before(async (t) => {
  const layout = layoutScript({ serials: [a1, a2], firmware: "uefi" });
  scene = await openScene({ name: "uefi", firmware: "uefi", disks: [disk(a1), disk(a2)], layout, say: t.log });
});

test.after.always(async () => {
  await scene?.stop();
});

test.serial("the disk whose ESP is mounted is swapped", async (t) => {
  const end = await scene.swaps(t, { old: a1, fresh: disk(b1) });
  t.is(end.state, "done");
  await scene.isWhole(t, b1, a2);
});

test.serial("then it starts from each disk alone", async (t) => {
  for (const serial of [b1, a2])
    t.regex(await scene.bed.host.startFromDisk({ serial }, { firmware: "uefi", marker }), /GRUB/);
});
