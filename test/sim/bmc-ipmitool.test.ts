import { execFile } from "node:child_process";
import test, { type ExecutionContext } from "ava";
import { createFakeClock, systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { type SimulatedBmc, startSimulatedBmc } from "../../src/sim/bmc.ts";
import type { BmcFaults } from "../../src/sim/bmc-faults.ts";
import { createNotedChassis, type NotedChassis } from "./chassis.ts";

/* Our simulated BMC against a client that others wrote: ipmitool, with both suites. */
const HOST = "127.0.77.63";
const PASSWORD = "kt7-Rz.q";

interface Rig {
  readonly bmc: SimulatedBmc;
  readonly chassis: NotedChassis;
  /** Runs ipmitool with the right password (or other options) and gives all that it said, and its exit code. */
  tool(args: string, options?: readonly string[]): Promise<{ said: string; code: number }>;
}

interface RigOptions {
  readonly on?: boolean;
  readonly suite?: 3 | 17;
  readonly faults?: BmcFaults;
  readonly privilege?: "operator";
}

async function rig(t: ExecutionContext, { on, suite = 17, ...more }: RigOptions = {}): Promise<Rig> {
  const chassis = createNotedChassis(on);
  const password = new Secret(PASSWORD);
  const clock = { ...systemClock, sleep: createInstantSleep() };
  const bmc = await startSimulatedBmc({ host: HOST, user: "admin", password, chassis, clock, log: silentLog, ...more });
  t.teardown(bmc.close);
  const usual = ["-C", `${suite}`, "-U", "admin", "-P", PASSWORD];
  const target = ["-I", "lanplus", "-H", HOST, "-p", `${bmc.port}`, "-N", "1", "-R", "3"];
  return { bmc, chassis, tool: (args, options = usual) => run([...target, ...options, ...args.split(" ")]) };
}

/** A power cycle's second is nothing here. */
const createInstantSleep = () => async () => createFakeClock().advance(1);

function run(argv: readonly string[]): Promise<{ said: string; code: number }> {
  return new Promise((resolve, reject) => {
    execFile("ipmitool", [...argv], { timeout: 15_000 }, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") reject(new Error("ipmitool is missing: apt-get install ipmitool"));
      else resolve({ said: stdout + stderr, code: error ? Number(error.code) : 0 });
    });
  });
}

for (const suite of [3, 17] as const) {
  test(`suite ${suite}: chassis status of a machine that is off`, async (t) => {
    const { tool } = await rig(t, { suite });
    const { said, code } = await tool("chassis status");
    t.is(code, 0, said);
    t.regex(said, /System Power +: off/);
    t.regex(said, /Main Power Fault +: false/);
  });

  for (const [on, command, answer, noted] of [
    [false, "power on", "Up/On", ["on none bios"]],
    [true, "power on", "Up/On", []],
    [true, "power off", "Down/Off", ["off"]],
    [true, "power cycle", "Cycle", ["off", "on none bios"]],
    [true, "power reset", "Reset", ["reset none bios"]],
    [true, "power soft", "Soft", ["soft"]],
  ] as const) {
    test(`suite ${suite}: ${command} of a machine that is ${on ? "on" : "off"}`, async (t) => {
      const { bmc, chassis, tool } = await rig(t, { suite, on });
      const { said, code } = await tool(command);
      t.is(code, 0, said);
      t.is(said.trim(), `Chassis Power Control: ${answer}`);
      await bmc.settled();
      t.deepEqual(chassis.noted, noted);
    });
  }

  for (const [options, data, flags] of [
    ["pxe", "8004000000", { device: "pxe", efi: false, persistent: false }],
    ["pxe options=efiboot", "a004000000", { device: "pxe", efi: true, persistent: false }],
    ["disk options=efiboot,persistent", "e008000000", { device: "disk", efi: true, persistent: true }],
    ["cdrom", "8014000000", { device: "cdrom", efi: false, persistent: false }],
    ["bios options=persistent", "c018000000", { device: "bios", efi: false, persistent: true }],
  ] as const) {
    test(`suite ${suite}: chassis bootdev ${options}, and bootparam get 5`, async (t) => {
      const { bmc, tool } = await rig(t, { suite });
      const set = await tool(`chassis bootdev ${options}`);
      t.is(set.code, 0, set.said);
      t.like(bmc.bootOverride(), flags);
      const { said } = await tool("chassis bootparam get 5");
      t.regex(said, new RegExp(`Boot parameter data: ${data}`));
      t.regex(said, /Boot Flag Valid/);
    });
  }

  test(`suite ${suite}: a wrong password is refused`, async (t) => {
    const { tool } = await rig(t, { suite });
    const { said, code } = await tool("power status", ["-v", "-C", `${suite}`, "-U", "admin", "-P", "other"]);
    t.is(code, 1);
    t.regex(said, /RAKP 2 HMAC is invalid/);
  });

  test(`suite ${suite}: an unknown user is refused`, async (t) => {
    const { tool } = await rig(t, { suite });
    const { said, code } = await tool("power status", ["-v", "-C", `${suite}`, "-U", "nobody", "-P", PASSWORD]);
    t.is(code, 1);
    t.regex(said, /RAKP 2 message indicates an error : unauthorized name/);
  });
}

test("one-shot boot flags are taken by the next start, persistent ones stay", async (t) => {
  const { bmc, chassis, tool } = await rig(t);
  await tool("chassis bootdev pxe options=efiboot");
  for (const command of ["power on", "power reset"]) await tool(command);
  await tool("chassis bootdev disk options=persistent");
  for (const command of ["power reset", "power cycle"]) await tool(command);
  await bmc.settled();
  const kept = ["reset disk bios", "off", "on disk bios"];
  t.deepEqual(chassis.noted, ["on pxe uefi", "reset none bios", ...kept]);
});

for (const command of ["power cycle", "power reset", "power soft"]) {
  test(`${command} of a machine that is off is refused`, async (t) => {
    const { chassis, tool } = await rig(t);
    const { said, code } = await tool(command);
    t.is(code, 1);
    t.regex(said, /Command not supported in present state/);
    t.deepEqual(chassis.noted, []);
  });
}

test("chassis identify lights the machine's lamp", async (t) => {
  const { chassis, tool } = await rig(t);
  t.regex((await tool("chassis identify 7")).said, /interval: 7 seconds/);
  t.deepEqual(chassis.noted, ["identify 7"]);
});

test("mc info, mc selftest", async (t) => {
  const { tool } = await rig(t);
  t.regex((await tool("mc info")).said, /IPMI Version +: 2\.0/);
  t.regex((await tool("mc selftest")).said, /Selftest: passed/);
});

test("ipmitool that is told no suite asks for the list and takes 17, without waiting", async (t) => {
  const { tool } = await rig(t);
  const start = systemClock.monotonicMs();
  const { said } = await tool("power status", ["-v", "-U", "admin", "-P", PASSWORD]);
  t.regex(said, /Using best available cipher suite 17/);
  t.true(systemClock.monotonicMs() - start < 5000);
});

test("suite 0 lets nobody in, with the right password neither", async (t) => {
  const { tool } = await rig(t);
  const { said, code } = await tool("power status", ["-C", "0", "-U", "admin", "-P", PASSWORD]);
  t.is(code, 1);
  t.regex(said, /no matching cipher suite/);
});

test("an operator is not let in as administrator, and switches power as operator", async (t) => {
  const { bmc, chassis, tool } = await rig(t, { privilege: "operator" });
  t.regex((await tool("power on")).said, /Unable to establish/);
  const asOperator = ["-C", "17", "-L", "OPERATOR", "-U", "admin", "-P", PASSWORD];
  t.is((await tool("power on", asOperator)).code, 0);
  await bmc.settled();
  t.deepEqual(chassis.noted, ["on none bios"]);
});

test("one who came in as user may look, and not switch", async (t) => {
  const { chassis, tool } = await rig(t);
  const asUser = ["-C", "17", "-L", "USER", "-U", "admin", "-P", PASSWORD];
  t.regex((await tool("power status", asUser)).said, /Chassis Power is off/);
  t.regex((await tool("power on", asUser)).said, /Insufficient privilege level/);
  t.deepEqual(chassis.noted, []);
});

test("a line that loses every seventh packet", async (t) => {
  const { tool } = await rig(t, { faults: { dropEvery: 7 } });
  const { said } = await tool("power status");
  t.regex(said, /Chassis Power is off/);
});
