import test from "ava";
import { systemClock as clock } from "../../../src/clock.ts";
import { diskMiB, layoutScript, marker } from "./layout.ts";
import { openScene, type Scene } from "./scene.ts";

/** NVMe disks on a machine with UEFI, each with an EFI system partition of its own. */
let scene: Scene;

const disk = (serial: string) => ({ serial, sizeMiB: diskMiB, bus: "nvme" as const });
const [a1, a2, b1, b2] = ["S4EVNX0A0001", "S4EVNX0A0002", "S4EVNX0B0001", "S4EVNX0B0002"] as const;

/** A step has done something by then, and isn't through. */
const intoItMs = 700;

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

test.serial("the controller is killed in each step, and another one goes on", async (t) => {
  const { controller } = scene;
  const restart = async () => {
    await clock.sleep(intoItMs);
    await controller.restart();
  };
  const end = await scene.swaps(t, { old: a2, fresh: disk(b2), began: restart });
  t.is(end.state, "done");
  t.log(controller.restarts(), "restarts");
  await scene.isWhole(t, b1, b2);
});
