import test from "ava";
import { drivers, openBmc } from "../../src/bmc/driver.ts";
import { bmcSchema } from "../../src/inventory/schema.ts";
import { context, ipmiSettings, simulated } from "./rigs.ts";

const pxe = { device: "pxe", efi: true, persistent: false } as const;

test("every driver that the inventory allows is in the list, and no other", (t) => {
  const allowed = bmcSchema.options.map(({ shape }) => shape.driver.value);
  t.deepEqual(
    drivers.map(({ name }) => name as string),
    allowed,
  );
});

test("a boot over the network, as an install does it: device, read back, on; the next start is the disk's", async (t) => {
  const { driver, chassis, bmc } = await simulated(t);
  await driver.setBootDevice(pxe);
  t.like(bmc.bootOverride(), { ...pxe, valid: true });
  await driver.power("on");
  await driver.power("reset");
  t.deepEqual(chassis.noted, ["on pxe uefi", "reset none bios"]);
});

test("the boot device outlasts the minute after which BMCs void it", async (t) => {
  const { driver, bmc, age } = await simulated(t);
  await driver.setBootDevice(pxe);
  age(90_000);
  t.like(bmc.bootOverride(), { ...pxe, valid: true });
});

test("a session that the BMC let lapse is opened again", async (t) => {
  const { driver, age } = await simulated(t);
  await driver.power("on");
  age(90_000);
  t.is(await driver.powerState(), "on");
});

test("a BMC whose sessions are all taken says so; when one is closed, the next gets in", async (t) => {
  const { bmc, driver } = await simulated(t);
  const others = Array.from({ length: 16 }, () => openBmc(ipmiSettings(bmc.port), context));
  await Promise.all(others.map((other) => other.powerState()));
  const error = await t.throwsAsync(driver.powerState(), { code: "bmc-session-refused" });
  t.regex(error?.message ?? "", /refused a session: no free session$/);
  await Promise.all(others.map((other) => other.close()));
  t.is(await driver.powerState(), "off");
});

test("a power cycle keeps the boot device for the start that follows", async (t) => {
  const { driver, chassis } = await simulated(t);
  await driver.power("on");
  await driver.setBootDevice(pxe);
  await driver.power("cycle");
  t.deepEqual(chassis.noted, ["on none bios", "off", "on pxe uefi"]);
});

test("a machine that restarts by itself takes the boot device as well, once", async (t) => {
  const { driver, bmc } = await simulated(t);
  await driver.setBootDevice(pxe);
  t.deepEqual(bmc.takeBootOverride(), { device: "pxe", efi: true });
  t.deepEqual(bmc.takeBootOverride(), { device: "none", efi: false });
});

test("a BMC that forgets the boot device is found out", async (t) => {
  const { driver } = await simulated(t, { forgetBootDevice: true });
  const error = await t.throwsAsync(driver.setBootDevice(pxe), { code: "bmc-boot-device-not-kept" });
  t.is(error?.message, "The BMC of web01 said yes to boot device pxe (uefi, once), and then reads none");
  await t.throwsAsync(driver.setBootDevice({ ...pxe, efi: false }), { code: "bmc-boot-device-not-kept" });
});

test("a BMC that says off whatever is done is found out, after the deadline", async (t) => {
  const { driver, chassis } = await simulated(t, { reportPower: "off" });
  const error = await t.throwsAsync(driver.power("on"), { code: "bmc-power-not-reached" });
  t.regex(error?.message ?? "", /^web01 was told to power on, but its BMC says "off" after \d s$/);
  t.deepEqual(chassis.noted, ["on none bios"]);
});

test("a machine that is off can't be reset", async (t) => {
  const { driver, chassis } = await simulated(t);
  await t.throwsAsync(driver.power("reset"), { code: "bmc-machine-is-off" });
  t.deepEqual(chassis.noted, []);
});

test("what is so already is not ordered", async (t) => {
  const { driver, chassis } = await simulated(t);
  await driver.power("off");
  await driver.power("soft");
  await driver.power("on");
  await driver.power("on");
  t.deepEqual(chassis.noted, ["on none bios"]);
});

test("an operating system that doesn't shut down is told, with the way to pull the plug", async (t) => {
  const { driver, chassis } = await simulated(t);
  chassis.softOff = async () => {};
  await driver.power("on");
  const error = await t.throwsAsync(driver.power("soft"), { code: "bmc-power-not-reached" });
  t.regex(JSON.stringify(error), /provision bmc power web01 off/);
});

test("a BMC that is busy is asked again", async (t) => {
  const { driver } = await simulated(t, { busyForCommands: 1 });
  t.is(await driver.powerState(), "off");
});

test("a failed call doesn't hold up the next one", async (t) => {
  const { driver } = await simulated(t);
  const failed = driver.power("reset");
  const next = driver.power("on");
  await t.throwsAsync(failed, { code: "bmc-machine-is-off" });
  await t.notThrowsAsync(next);
});

test("a BMC that was reset between two calls is reached again", async (t) => {
  const { driver, bmc } = await simulated(t);
  await driver.power("on");
  bmc.forgetSessions();
  t.is(await driver.powerState(), "on");
});

test("one that is deaf for a while, then hears", async (t) => {
  const { driver } = await simulated(t, { deafForPackets: 3 });
  t.is(await driver.powerState(), "off");
});

test("a silent BMC doesn't delay another one", async (t) => {
  const { driver: dead } = await simulated(t, { silent: true });
  const { driver: alive } = await simulated(t);
  const order: string[] = [];
  await Promise.all([
    dead.powerState().catch(({ code }) => order.push(code)),
    alive.powerState().then((state) => order.push(state)),
  ]);
  t.deepEqual(order, ["off", "bmc-unreachable"]);
});

test("who it is", async (t) => {
  const { driver } = await simulated(t);
  const identity = await driver.ping();
  t.like(identity, { manufacturerId: 32473, productId: 0x77, firmware: "1.00" });
  t.regex(identity.guid ?? "", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test("identify: more than the 255 s that IPMI has is 255 s", async (t) => {
  const { driver, chassis } = await simulated(t);
  await driver.identify(7);
  await driver.identify(3600);
  t.deepEqual(chassis.noted, ["identify 7", "identify 255"]);
});

test("close lets go of what waits, and afterwards nothing more is asked", async (t) => {
  const { driver } = await simulated(t, { silent: true });
  const waiting = driver.powerState();
  await new Promise((resolve) => setImmediate(resolve));
  await driver.close();
  await t.throwsAsync(waiting, { code: "bmc-connection-closed" });
  await t.throwsAsync(driver.powerState(), { code: "bmc-connection-closed" });
});

for (const [why, settings, code] of [
  ["wrong password", { password: "wrong" }, "bmc-password-refused"],
  ["unknown user", { user: "nobody" }, "bmc-user-unknown"],
] as const) {
  test(`${why}: ${code}, and the secret is nowhere in the error`, async (t) => {
    const { driver } = await simulated(t, {}, settings);
    const error = await t.throwsAsync(driver.power("on"), { code });
    t.notRegex(JSON.stringify(error) + String(error?.stack), /wrong"|secret/);
  });
}

test("nothing is sent before the first call", async (t) => {
  const bmc = openBmc(ipmiSettings(9), context);
  await t.notThrowsAsync(bmc.close());
});
