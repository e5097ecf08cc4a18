import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { systemClock } from "../../../src/clock.ts";
import { silentLog } from "../../../src/log.ts";
import { openConsole } from "../../../src/sim/rack/console.ts";
import { rackDown } from "../../../src/sim/rack/down.ts";
import { fileNames } from "../../../src/sim/rack/files.ts";
import { VirtualMachine } from "../../../src/sim/rack/machine.ts";
import type { RackMachine, RackPlan } from "../../../src/sim/rack/plan.ts";
import { rackStatus } from "../../../src/sim/rack/status.ts";
import { rackUp } from "../../../src/sim/rack/up.ts";
import type { Ipv4Address, MacAddress } from "../../../src/wire/addresses.ts";
import { plan as planOf } from "./plans.ts";

const run = promisify(execFile);
const tools = { clock: systemClock, log: silentLog };
const bench = mkdtempSync(join(tmpdir(), "rack-"));
const racks: RackPlan[] = [];

/** Each test has a rack, a namespace and folders of its own. */
function newRack(change: Partial<RackPlan> = {}): RackPlan {
  const name = `rackf-${process.pid}-${racks.length}`;
  mkdirSync(`${bench}/${name}`);
  const plan = planOf(`${bench}/${name}`, { name, namespace: name, ...change });
  racks.push(plan);
  return plan;
}

const folderOf = (plan: RackPlan) => `${bench}/${plan.name}`;

test.after.always(async () => {
  for (const plan of racks) await rackDown(plan, tools);
  rmSync(bench, { recursive: true, force: true });
});

test.serial("a namespace of somebody else's is not touched", async (t) => {
  const plan = newRack();
  await run("ip", ["netns", "add", plan.namespace]);
  try {
    await t.throwsAsync(rackUp(plan, tools), { code: "rack-namespace-taken", message: new RegExp(plan.namespace) });
    await rackDown(plan, tools);
    t.true(existsSync(`/run/netns/${plan.namespace}`));
    t.deepEqual(readdirSync(folderOf(plan)), []);
  } finally {
    await run("ip", ["netns", "delete", plan.namespace]);
  }
});

test.serial("a folder with somebody else's files is neither used nor removed", async (t) => {
  const plan = newRack();
  mkdirSync(plan.stateDir, { recursive: true });
  writeFileSync(`${plan.stateDir}/precious`, "x");
  await t.throwsAsync(rackUp(plan, tools), { code: "rack-folder-taken", message: /state\/rack holds files/ });
  await rackDown(plan, tools);
  t.deepEqual(readdirSync(plan.stateDir), ["precious"]);
  t.deepEqual(readdirSync(folderOf(plan)), ["state"]);
  t.false(existsSync(`/run/netns/${plan.namespace}`));
});

test.serial("a gateway's socket that is in use ends the up, and nothing stays", async (t) => {
  const plan = newRack({ packagesSocket: `${bench}/busy.sock` });
  const other = createServer().listen(plan.packagesSocket);
  try {
    await t.throwsAsync(rackUp(plan, tools), { code: "http-cannot-listen", message: /busy\.sock/ });
    t.deepEqual(readdirSync(folderOf(plan)), []);
    t.false(existsSync(`/run/netns/${plan.namespace}`));
    t.true(existsSync(plan.packagesSocket), "the other's socket is still there");
  } finally {
    other.close();
  }
});

test.serial("what ip(8) refuses ends the up with its words, and nothing stays", async (t) => {
  const plan = newRack({ bridge: "lo" });
  await t.throwsAsync(rackUp(plan, tools), { code: "rack-network", message: /File exists/ });
  t.deepEqual(readdirSync(folderOf(plan)), []);
  t.false(existsSync(`/run/netns/${plan.namespace}`));
});

test.serial("what the daemon can't do ends the up with its error, and nothing stays", async (t) => {
  const plan = newRack();
  const machine = plan.machines[0] as RackMachine;
  const everywhere = { ...machine.bmc, address: "0.0.0.0" as Ipv4Address };
  const other = {
    ...machine,
    name: "web02",
    mac: "52:54:00:77:00:02" as MacAddress,
    disks: [{ serial: "X", sizeMiB: 1 }],
  };
  const machines = [{ ...other, bmc: everywhere }, machine];
  const message = /web01's BMC can't listen on 127\.0\.77\.11:623 \(EADDRINUSE\)/;
  await t.throwsAsync(rackUp({ ...plan, machines }, tools), { code: "rack-port-busy", message });
  t.deepEqual(readdirSync(folderOf(plan)), []);
  t.false(existsSync(`/run/netns/${plan.namespace}`));
});

test("a machine that QEMU refuses to start says why, and stays off", async (t) => {
  const plan = newRack();
  const machine = { ...(plan.machines[0] as RackMachine), memoryMiB: 64 };
  const files = fileNames(plan, machine.name);
  for (const folder of [files.runDir, files.stateDir]) mkdirSync(folder, { recursive: true });
  const boot = { device: "none", efi: false } as const;
  const vm = new VirtualMachine({
    plan,
    machine,
    tap: "tap-none",
    takeBoot: () => boot,
    clock: systemClock,
    log: silentLog,
  });
  await t.throwsAsync(vm.powerOn(boot), {
    code: "rack-machine-did-not-start",
    message: /web01 did not start: qemu-system-x86_64: .*(tap-none|disk0\.img)/,
  });
  t.false(vm.isOn());
  t.is((vm.problem as { code: string }).code, "rack-machine-did-not-start");
});

test("a rack that isn't up has a status all the same, and no console", async (t) => {
  const plan = newRack();
  const { state, machines } = await rackStatus(plan);
  t.deepEqual([state, machines], ["down", []]);
  t.throws(() => openConsole({ plan, name: "web01", clock: systemClock }), { code: "rack-not-up" });
});
