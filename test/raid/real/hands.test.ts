import test from "ava";
import { systemClock as clock } from "../../../src/clock.ts";
import { arrayScript } from "./array.ts";
import { dataFolder } from "./layout.ts";
import { isRefused } from "./refused.ts";
import { openScene, type Scene } from "./scene.ts";
import { goodHands } from "./tech.ts";
import { startWriter, stopWriter } from "./writer.ts";

/** What goes wrong at the rack and at the controller, on a mirror: each test begins with what the one before it left. */
let scene: Scene;

const disk = (serial: string, sizeMiB = 64) => ({ serial, sizeMiB });
const [a1, a2, b2, c1] = ["S3YANX0A0001", "S3YANX0A0002", "S3YANX0B0002", "S3YANX0C0003"] as const;
const [d2, small, used] = ["S3YANX0D0004", "S3YANX0E0005", "S3YANX0F0006"] as const;

/** A step has done something by then, and isn't through. */
const intoItMs = 700;

test.before(async (t) => {
  const disks = [disk(a1), disk(a2)];
  scene = await openScene({ name: "hands", disks, layout: arrayScript(1, [a1, a2]), say: t.log });
});

test.after.always(async () => {
  await scene?.stop();
});

test.serial("a swap under I/O: nothing that was written before or meanwhile is lost", async (t) => {
  await scene.bed.ask(startWriter);
  const end = await scene.swaps(t, { old: a2, fresh: disk(b2) });
  t.is(end.state, "done");
  t.regex(await scene.bed.ask(stopWriter), /^written \d{2,}$/);
  await scene.isWhole(t, a1, b2);
});

test.serial("the controller is killed in each step, and another one goes on", async (t) => {
  const { controller } = scene;
  const end = await scene.swaps(t, {
    ...{ old: a1, fresh: disk(c1) },
    began: async () => {
      await clock.sleep(intoItMs);
      await controller.restart();
    },
  });
  t.is(end.state, "done");
  t.log(controller.restarts(), "restarts");
  t.true(controller.restarts() > 10);
  await scene.isWhole(t, c1, b2);
});

test.serial(
  "a disk that is too small isn't taken; a used one is wiped of its foreign array and volumes when somebody says so",
  async (t) => {
    const { bed } = scene;
    await bed.host.plug(disk(used));
    await bed.ask(foreign);
    await bed.host.pull(used, { keep: true });
    const hands = goodHands(bed.host, { old: b2, fresh: disk(used) });
    let put = "nothing";
    const end = await scene.swaps(t, {
      ...{ old: b2, fresh: disk(used) },
      hands: {
        "new-disk": async ({ complaint }) => {
          if (put === "nothing") await bed.host.plug(disk(small, 40));
          if (put === small) {
            t.regex(complaint ?? "", /small|bytes|MB/);
            await bed.host.pull(small);
            await bed.host.plugBack(used);
          }
          put = put === "nothing" ? small : used;
          return undefined;
        },
        wipe: async (question) => {
          t.regex(JSON.stringify(question.facts), /linux_raid_member|LVM|md/);
          return hands.wipe(question);
        },
      },
    });
    t.is(end.state, "done");
    t.true(end.asked.includes("wipe"));
    await scene.isWhole(t, c1, used);
    t.is(await bed.ask("vgs --noheadings -o name | xargs"), "");
  },
);

/** What somebody else left on the disk: an array with a volume group of the same name as ours. */
const foreign = `set -eu
l_dev=$(dev ${used})
sfdisk -q --wipe always $l_dev <<'TABLE'
label: gpt
size=48MiB, type=R
TABLE
udevadm settle
yes | mdadm --quiet --create /dev/md/theirs --homehost=other --force --level=1 --raid-devices=1 --metadata=1.2 $(dev ${used} 1) 2>&1
vgcreate -q theirs /dev/md/theirs > /dev/null; lvcreate -q -y -n mail -L 24M theirs > /dev/null; mkfs.ext4 -q /dev/theirs/mail
vgchange -q -an theirs > /dev/null; mdadm --quiet --stop /dev/md/theirs`;

test.serial("the same disk put in again is re-added, when somebody says that it is meant", async (t) => {
  const { host } = scene.bed;
  const end = await scene.swaps(t, {
    ...{ old: c1, fresh: disk(c1) },
    hands: {
      "new-disk": async () => {
        await host.plugBack(c1);
        return undefined;
      },
      "same-disk": async () => "same disk",
    },
  });
  t.is(end.state, "done");
  t.true(end.asked.includes("same-disk"));
  await scene.isWhole(t, c1, used);
});

test.serial("the power is cut during the rebuild", async (t) => {
  const { bed } = scene;
  await bed.ask(startWriter);
  await bed.ask("echo 900 > /proc/sys/dev/raid/speed_limit_min; echo 1000 > /proc/sys/dev/raid/speed_limit_max");
  const end = await scene.swaps(t, {
    ...{ old: c1, fresh: disk(d2) },
    began: async (step) => {
      if (step !== "rebuild") return;
      t.regex(await bed.ask("cat /proc/mdstat"), /recovery/);
      await bed.host.cutPower([d2, used]);
    },
  });
  t.is(end.state, "done");
  t.regex(await bed.ask(stopWriter), /^written \d{2,}$/);
  await scene.isWhole(t, d2, used);
});

test.serial("a latent bad sector on the survivor is found, and refused before any command", async (t) => {
  const { bed } = scene;
  const sector = 60_000;
  await bed.host.fail(used, { iotype: "read", sector });
  t.regex(await bed.attempt(`dd if="$(dev ${used})" of=/dev/null bs=1M iflag=direct`), /Input.output error/);
  const wish = { old: d2, fresh: disk(a1) };
  await isRefused(scene, t, { wish, says: /G6/, writes: dataFolder });
});
