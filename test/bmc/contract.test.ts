import test from "ava";
import type { PowerAction } from "../../src/bmc/driver.ts";
import { type ContractRig, contractRigs, manualBmc } from "./rigs.ts";

/* What every driver keeps, whatever is at its other end. */
const powerStories: readonly (readonly [string, readonly PowerAction[], "on" | "off"])[] = [
  ["on is on", ["on"], "on"],
  ["on twice is on", ["on", "on"], "on"],
  ["off is off", ["on", "off"], "off"],
  ["off twice is off", ["on", "off", "off"], "off"],
  ["a cycle ends on", ["on", "cycle"], "on"],
  ["a cycle of a machine that is off ends on", ["off", "cycle"], "on"],
  ["a reset ends on", ["on", "reset"], "on"],
];

const rigs: readonly ContractRig[] = [
  ...contractRigs,
  { name: "manual driver", keepsFlags: true, start: async () => manualBmc([]) },
];

for (const { name, keepsFlags, lossy, start } of rigs) {
  test(`${name}: power`, async (t) => {
    const bmc = await start(t);
    for (const [story, actions, end] of powerStories) {
      if (lossy && actions.includes("reset")) continue;
      for (const action of actions) await bmc.power(action);
      t.is(await bmc.powerState(), end, story);
    }
  });

  test(`${name}: boot devices read as they were set`, async (t) => {
    const bmc = await start(t);
    for (const device of ["pxe", "disk", "bios", "cdrom"] as const) {
      const wanted = { device, efi: keepsFlags, persistent: false };
      await bmc.setBootDevice(wanted);
      t.deepEqual(await bmc.bootDevice(), wanted);
    }
    await bmc.setBootDevice({ device: "none", efi: false, persistent: false });
    t.is((await bmc.bootDevice()).device, "none");
  });

  test(`${name}: a boot device for good`, async (t) => {
    const bmc = await start(t);
    const always = { device: "disk", efi: false, persistent: true } as const;
    if (!keepsFlags) {
      await t.throwsAsync(bmc.setBootDevice(always), { code: "bmc-boot-device-not-kept" });
      return;
    }
    await bmc.setBootDevice(always);
    await bmc.power("on");
    await bmc.power("cycle");
    t.deepEqual(await bmc.bootDevice(), always);
  });

  test(`${name}: calls made at once are carried out in their order`, async (t) => {
    const bmc = await start(t);
    const states = [bmc.power("on"), bmc.powerState(), bmc.power("off"), bmc.powerState()];
    t.deepEqual(await Promise.all(states), [undefined, "on", undefined, "off"]);
  });

  test(`${name}: ping, identify, and close twice`, async (t) => {
    const bmc = await start(t);
    t.is(typeof (await bmc.ping()), "object");
    await bmc.identify(0);
    await bmc.close();
    await t.notThrowsAsync(bmc.close());
  });
}
