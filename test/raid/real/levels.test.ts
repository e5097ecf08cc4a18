import test, { type ExecutionContext } from "ava";
import { failMember } from "../../../src/raid/acts/fail-member.ts";
import { reAddMember } from "../../../src/raid/acts/re-add-member.ts";
import { removeMember } from "../../../src/raid/acts/remove-member.ts";
import { arrayScript } from "./array.ts";
import { dataFolder } from "./layout.ts";
import { isRefused } from "./refused.ts";
import { openScene, type Scene } from "./scene.ts";

/** RAID 5, 6 and 10 of whole disks, one after the other on the same machine. */
let scene: Scene;

const sizeMiB = 64;
const serials = ["S3YANX0A0000", "S3YANX0A0001", "S3YANX0A0002", "S3YANX0A0003"] as const;
const [d0, d1, d2, d3] = serials;
const fresh = "S3YANX0B0001";

test.before(async (t) => {
  const disks = serials.map((serial) => ({ serial, sizeMiB }));
  scene = await openScene({ name: "levels", disks, layout: arrayScript(10, serials), say: t.log });
});

test.after.always(async () => {
  await scene?.stop();
});

const place = async (serial: string) => {
  const [array] = (await scene.bed.world()).arrays;
  return { arrayUuid: array?.uuid ?? "", serial, partition: 0 };
};

/** By the act itself, as if no gate had been asked: it looks again, and sends nothing. */
async function actRefuses(t: ExecutionContext, serial: string): Promise<void> {
  const { bed } = scene;
  const before = await bed.arrays();
  const error = await t.throwsAsync(bed.act(failMember(await place(serial))), { message: /can't be failed/ });
  t.is((error as { code?: string } | undefined)?.code, "swap-refused");
  t.is(await bed.arrays(), before);
  t.is(await bed.ask(`dd if=/dev/zero of=${dataFolder}/x bs=4096 count=8 conv=fsync 2>/dev/null && echo yes`), "yes");
}

const takeOut = async (serial: string) => {
  const what = await place(serial);
  await scene.bed.act(failMember(what));
  await scene.bed.act(removeMember(what));
};

const putBack = async (...gone: readonly string[]) => {
  for (const serial of gone) await scene.bed.act(reAddMember(await place(serial)));
  await scene.bed.whole();
};

test.serial(
  "RAID 10: the other disk of the mirror set is refused by gate and by act; one of another set may go",
  async (t) => {
    await takeOut(d1);
    const wish = { old: d0, fresh: { serial: fresh, sizeMiB } };
    await isRefused(scene, t, { wish, says: /G3 .*slots 0\+1 would have no copy left/, writes: dataFolder });
    await actRefuses(t, d0);
    await takeOut(d2);
    await putBack(d1, d2);
    await scene.isWhole(t, ...serials);
  },
);

test.serial("RAID 10: a swap; the wrong disk is pulled first, and put back", async (t) => {
  const { host } = scene.bed;
  let pulls = 0;
  const end = await scene.swaps(t, {
    ...{ old: d1, fresh: { serial: fresh, sizeMiB } },
    hands: {
      pull: async () => {
        if (pulls++ === 0) {
          await host.pull(d2, { keep: true });
          return undefined;
        }
        if (host.plugged().includes(d1)) await host.pull(d1, { keep: true });
        return d1.slice(-4);
      },
    },
  });
  t.is(end.state, "done");
  t.true(end.asked.includes("put-back"), "an alarm");
  await scene.isWhole(t, d0, fresh, d2, d3);
});

test.serial("RAID 5: one missing, and no other may go", async (t) => {
  const { bed } = scene;
  await bed.ask(arrayScript(5, [d0, d2, d3]));
  await takeOut(d2);
  const wish = { old: d3, fresh: { serial: fresh, sizeMiB } };
  await isRefused(scene, t, { wish, says: /G3 .*2 disks would be missing, it bears 1/, writes: dataFolder });
  await actRefuses(t, d3);
  await putBack(d2);
});

test.serial("RAID 5: the new disk first, then the old one goes: never without redundancy", async (t) => {
  const { bed } = scene;
  const sum = await bed.sumOf(`${dataFolder}/before`);
  const end = await scene.swaps(t, {
    ...{ old: d2, fresh: { serial: "S3YANX0C0001", sizeMiB }, mode: "add-first" },
    began: async (step) => {
      if (step === "remove-replaced") t.is((await bed.world()).arrays[0]?.degraded, 0);
    },
  });
  t.is(end.state, "done");
  await bed.whole();
  t.deepEqual((await bed.world()).arrays[0]?.members.map(({ serial }) => serial).toSorted(), [d0, d3, "S3YANX0C0001"]);
  t.is(await bed.sumOf(`${dataFolder}/before`), sum);
});

test.serial("RAID 6: with one missing a second may go, and a third not", async (t) => {
  const { bed } = scene;
  const sixth = "S3YANX0D0001";
  await bed.host.plug({ serial: sixth, sizeMiB });
  const four = bed.host.plugged().slice(-4);
  await bed.ask(arrayScript(6, four));
  const [one = "", two = "", three = ""] = four;
  await takeOut(one);
  await takeOut(two);
  const wish = { old: three, fresh: { serial: "S3YANX0E0001", sizeMiB } };
  await isRefused(scene, t, { wish, says: /G3 .*3 disks would be missing, it bears 2/, writes: dataFolder });
  await actRefuses(t, three);
  await putBack(one, two);
});
