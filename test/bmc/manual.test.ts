import test from "ava";
import { openBmc } from "../../src/bmc/driver.ts";
import { context, manualBmc } from "./rigs.ts";

test("a person is asked in plain words", async (t) => {
  const asked: string[] = [];
  const bmc = manualBmc(asked);
  await bmc.setBootDevice({ device: "pxe", efi: true, persistent: false });
  await bmc.power("on");
  await bmc.power("soft");
  await bmc.setBootDevice({ device: "none", efi: false, persistent: false });
  await bmc.identify(10);
  t.deepEqual(asked, [
    "Let web01 start from the network (PXE), UEFI, the next time only",
    "Switch web01 on",
    "Shut web01 down by its power button and wait until it is off",
    "Let web01 start in its usual order",
    "Find web01 in the rack",
  ]);
});

test("nobody has said yet whether it is on: that is not guessed", async (t) => {
  await t.throwsAsync(manualBmc([]).powerState(), { code: "bmc-power-unknown" });
});

test("a one-shot boot device is gone after the start", async (t) => {
  const bmc = manualBmc([]);
  await bmc.setBootDevice({ device: "pxe", efi: false, persistent: false });
  await bmc.power("on");
  t.is((await bmc.bootDevice()).device, "none");
});

test("with nobody to ask it says what it would have asked", async (t) => {
  const bmc = openBmc({ driver: "manual" }, context);
  const error = await t.throwsAsync(bmc.power("on"), { code: "bmc-needs-a-person" });
  t.is(error?.message, "web01 has no BMC, and nobody is here to ask: Switch web01 on");
});

test("a person who says no fails the call", async (t) => {
  const ask = async () => {
    throw new Error("no hands");
  };
  const bmc = openBmc({ driver: "manual" }, { ...context, ask });
  await t.throwsAsync(bmc.power("on"), { message: "no hands" });
  await t.throwsAsync(bmc.powerState(), { code: "bmc-power-unknown" });
});
