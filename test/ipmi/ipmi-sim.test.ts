import { execFile } from "node:child_process";
import { promisify } from "node:util";
import test from "ava";
import { bootFlagsParameter } from "../../src/ipmi/commands/boot-options.ts";
import { chassisControl } from "../../src/ipmi/commands/chassis-control.ts";
import { getBootOptions } from "../../src/ipmi/commands/get-boot-options.ts";
import { getChassisStatus } from "../../src/ipmi/commands/get-chassis-status.ts";
import { getDeviceId } from "../../src/ipmi/commands/get-device-id.ts";
import { getSystemGuid } from "../../src/ipmi/commands/get-system-guid.ts";
import { setBootOptions } from "../../src/ipmi/commands/set-boot-options.ts";
import { createLog, type LogEntry } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { type IpmiSim, startIpmiSim } from "./ipmi-sim.ts";
import { hexOf } from "./recording.ts";

/* Our client against a BMC that others wrote: ipmi_sim of OpenIPMI. One process for the file, so one after another. */
let sim: IpmiSim;

test.before(async () => {
  sim = await startIpmiSim();
});
test.after.always(() => sim?.stop());

test.serial("17 is refused by it, and 3 it is", async (t) => {
  const entries: LogEntry[] = [];
  const client = sim.client({ log: createLog((entry) => entries.push(entry)) });
  await client.run(getDeviceId, undefined);
  await client.close();
  t.deepEqual(
    entries.map(({ fields }) => fields),
    [{ suite: 3 }],
  );
});

test.serial("who it is, and its GUID", async (t) => {
  const client = sim.client();
  t.like(await client.run(getDeviceId, undefined), { firmware: "9.08", ipmiVersion: "2.0", manufacturerId: 0x1291 });
  t.is(hexOf((await client.run(getSystemGuid, undefined)).bytes), "a123456789abcdefa123456789abcdef");
  await client.close();
});

test.serial("power on and off reach its machine", async (t) => {
  const client = sim.client();
  const power = async () => (await client.run(getChassisStatus, undefined)).power;
  t.is(await power(), "off");
  await client.run(chassisControl, { action: "on" });
  t.is(await power(), "on");
  await client.run(chassisControl, { action: "off" });
  t.is(await power(), "off");
  t.deepEqual(sim.noted().slice(-2), ["power 1", "power 0"]);
  await client.close();
});

for (const device of ["pxe", "disk", "cdrom", "bios", "none"] as const) {
  test.serial(`boot device ${device} is set and reads back`, async (t) => {
    const client = sim.client();
    const flags = { valid: true, persistent: false, efi: false, device };
    await client.run(setBootOptions, { kind: "flags", flags });
    const option = await client.run(getBootOptions, { parameter: bootFlagsParameter });
    t.is(option.kind === "flags" && option.flags.device, device);
    await client.close();
  });
}

test.serial("a boot parameter that it doesn't have is refused with its completion code", async (t) => {
  const client = sim.client();
  const refused = client.run(setBootOptions, { kind: "progress", value: "in-progress" });
  const error = await t.throwsAsync(refused, { code: "bmc-command-refused" });
  t.regex(error?.message ?? "", /refused set system boot options: invalid field \(completion code 0xcc\)/);
  await client.close();
});

test.serial("a wrong password is told from a silent BMC, at once", async (t) => {
  const client = sim.client({ password: new Secret("wrong") });
  const error = await t.throwsAsync(client.run(getDeviceId, undefined), { code: "bmc-password-refused" });
  t.notRegex(JSON.stringify(error), /wrong/, "and is not printed");
  await client.close();
});

test.serial("an unknown user is told from a wrong password", async (t) => {
  const client = sim.client({ user: "nobody" });
  await t.throwsAsync(client.run(getDeviceId, undefined), { code: "bmc-user-unknown" });
  await client.close();
});

test.serial("if 17 is all that is allowed, it is not talked down to less", async (t) => {
  const client = sim.client({ suites: [17] });
  await t.throwsAsync(client.run(getDeviceId, undefined), { code: "bmc-suite-unsupported" });
  await client.close();
});

test.serial("it lets ipmitool in by suite 0 with a wrong password; for us suite 0 does not exist", async (t) => {
  const argv = ["-I", "lanplus", "-C", "0", "-H", sim.address, "-p", `${sim.port}`, "-U", "admin", "-P", "wrong"];
  const { stdout } = await promisify(execFile)("ipmitool", [...argv, "power", "status"]);
  t.regex(stdout, /Chassis Power is off/);
  const client = sim.client({ password: new Secret("wrong"), suites: [0] as unknown as [3] });
  await t.throwsAsync(client.run(getDeviceId, undefined), { code: "bmc-suite-unsupported" });
  await client.close();
});

test.serial("a password of 21 bytes is refused before anything is sent", async (t) => {
  const client = sim.client({ password: new Secret("x".repeat(21)) });
  await t.throwsAsync(client.run(getDeviceId, undefined), { code: "bmc-password-too-long" });
});

test.serial("stopped, it is unreachable; going on, it is reached again through the same client", async (t) => {
  const client = sim.client({ firstTimeoutMs: 100, attempts: 3 });
  await client.run(getDeviceId, undefined);
  process.kill(sim.pid, "SIGSTOP");
  try {
    await t.throwsAsync(client.run(getDeviceId, undefined), { code: "bmc-unreachable" });
  } finally {
    process.kill(sim.pid, "SIGCONT");
  }
  t.like(await client.run(getDeviceId, undefined), { firmware: "9.08" });
  await client.close();
});

test.serial("twenty sessions at once, each closed: the next one still gets in", async (t) => {
  const once = async () => {
    const client = sim.client({ firstTimeoutMs: 1000 });
    await client.run(getChassisStatus, undefined).finally(() => client.close());
  };
  await Promise.all(Array.from({ length: 20 }, once));
  await t.notThrowsAsync(once());
});

test.serial("a port where nobody listens is unreachable, and the network's word is passed on", async (t) => {
  const bmc = { name: "web01", address: sim.address, port: 1 };
  const client = sim.client({ bmc, firstTimeoutMs: 50, attempts: 2 });
  const error = await t.throwsAsync(client.run(getDeviceId, undefined), { code: "bmc-unreachable" });
  t.regex(error?.message ?? "", /\(port unreachable\)$/);
  await client.close();
});
