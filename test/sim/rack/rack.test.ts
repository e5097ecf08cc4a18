import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { systemClock } from "../../../src/clock.ts";
import { silentLog } from "../../../src/log.ts";
import { type BayOrder, orderBay } from "../../../src/sim/rack/bays-server.ts";
import { openConsole } from "../../../src/sim/rack/console.ts";
import { rackDown } from "../../../src/sim/rack/down.ts";
import { daemonLog, fileNames } from "../../../src/sim/rack/files.ts";
import { createRackPlan, type RackPlan } from "../../../src/sim/rack/plan.ts";
import { recordedProcesses, startTicksOf } from "../../../src/sim/rack/processes.ts";
import { plainLines } from "../../../src/sim/rack/serial-log.ts";
import { type MachineStatus, rackStatus, serialTail } from "../../../src/sim/rack/status.ts";
import { rackUp } from "../../../src/sim/rack/up.ts";
import type { Ipv4Address, MacAddress } from "../../../src/wire/addresses.ts";
import { operatingSystem } from "./operating-system.ts";
import { machine, plan as planOf } from "./plans.ts";

const run = promisify(execFile);
const tools = { clock: systemClock, log: silentLog };
const patienceMs = 60_000;

const root = mkdtempSync(join(tmpdir(), "rack-"));
const bmcOfUefi = { ...machine().bmc, address: "127.0.77.12" as Ipv4Address };
const uefi = machine({
  ...{ name: "web02", mac: "52:54:00:77:00:02" as MacAddress, firmware: "uefi", bmc: bmcOfUefi },
  disks: [{ serial: "WEB02-A", sizeMiB: 64 }],
});
const paths = { state: `${root}/site/state`, run: `${root}/site/run` };
const plan: RackPlan = createRackPlan(
  { ...planOf(root), packagesSocket: `${paths.run}/packages.sock`, machines: [machine(), uefi] },
  paths,
);

/** Our BMC as a foreign client sees it: suite 17, from inside the rack's namespace. */
async function ipmitool(name: string, ...words: string[]): Promise<string> {
  const bmc = plan.machines.find((candidate) => candidate.name === name)?.bmc;
  const to = ["-I", "lanplus", "-C", "17", "-U", "admin", "-P", "rack-secret", "-H", String(bmc?.address)];
  const { stdout } = await run("ip", ["netns", "exec", plan.namespace, "ipmitool", ...to, ...words]);
  return stdout.trim();
}

async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = systemClock.monotonicMs() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen as NonNullable<T>;
    if (systemClock.monotonicMs() > end) throw new Error(`${what}: not within ${patienceMs} ms; ${await evidence()}`);
    await systemClock.sleep(100);
  }
}

/** What a person would look at next. */
async function evidence(): Promise<string> {
  const { machines } = await rackStatus(plan);
  const states = machines.map(({ name, power, bootedFrom, problem }) => ({ name, power, bootedFrom, problem }));
  const tails = plan.machines.map(({ name }) => [`--- ${name}`, ...serialTail(plan, name, 15)].join("\n"));
  const told = existsSync(daemonLog(plan.runDir)) ? readFileSync(daemonLog(plan.runDir), "utf8").slice(-2000) : "";
  return [JSON.stringify(states), ...tails, told].join("\n");
}

async function statusOf(name: string): Promise<MachineStatus> {
  const { machines } = await rackStatus(plan);
  return machines.find((candidate) => candidate.name === name) as MachineStatus;
}

/** What the machine has written to its serial port since `mark()` was last called. */
function serial(name: string) {
  const read = () => (existsSync(file) ? readFileSync(file, "latin1") : "");
  const file = fileNames(plan, name).serialLog;
  let seen = read().length;
  return {
    mark: () => {
      seen = read().length;
    },
    lines: () => plainLines(read().slice(seen)),
    says: (pattern: RegExp) => plainLines(read().slice(seen)).some((line) => pattern.test(line)),
  };
}

const processesOf = (runDir: string) =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => commandLine(pid).includes(runDir));

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const curl = (...words: string[]) => run("ip", ["netns", "exec", plan.namespace, "curl", "-sS", "-m", "5", ...words]);

test.after.always(async () => {
  await rackDown(plan, tools);
  rmSync(root, { recursive: true, force: true });
});

test.serial("up: all machines off, BMCs answer, the second up changes nothing", async (t) => {
  const up = await rackUp(plan, tools);
  t.is(up.kind, "up");
  t.deepEqual(
    up.status.machines.map(({ name, power }) => [name, power]),
    [
      ["web01", "off"],
      ["web02", "off"],
    ],
  );
  t.is(await ipmitool("web01", "power", "status"), "Chassis Power is off");
  t.is(await ipmitool("web02", "power", "status"), "Chassis Power is off");
  const again = await rackUp(plan, tools);
  t.is(again.kind, "already-up");
  t.is(again.status.daemonPid, up.status.daemonPid);
  await t.throwsAsync(rackUp({ ...plan, originPort: 8081 }, tools), { code: "rack-already-up" });
});

test.serial("nothing leaves the rack, and what stands in it answers", async (t) => {
  const inside = ["netns", "exec", plan.namespace, "ip"];
  const routes = await run("ip", [...inside, "route", "show", "default"]);
  const routes6 = await run("ip", [...inside, "-6", "route", "show", "default"]);
  t.is(routes.stdout + routes6.stdout, "");
  const page = await curl("-i", `http://${plan.controller}:8080/`);
  t.regex(page.stdout, /^HTTP\/1\.1 200 OK[\s\S]*cache-control: max-age=120[\s\S]*made 1 time,/i);
  t.regex((await curl(`http://${plan.controller}:8080/`)).stdout, /made 2 times/);
  t.is((await curl("-o", "/dev/null", "-w", "%{http_code}", `http://${plan.controller}:8080/health`)).stdout, "200");
  t.true(existsSync(plan.packagesSocket));
});

test.serial("BIOS: told pxe, the machine asks the network first; the override is used up", async (t) => {
  const port = serial("web01");
  await ipmitool("web01", "chassis", "bootdev", "pxe");
  t.is((await statusOf("web01")).nextBoot.device, "pxe");
  await ipmitool("web01", "power", "on");
  await until("the network boot", () => port.says(/Configuring \(net0 52:54:00:77:00:01/));
  t.true(port.says(/Booting from ROM/));
  t.false(port.says(/Booting from Hard Disk/));
  const { power, pid, bootedFrom, nextBoot } = await statusOf("web01");
  t.deepEqual([power, bootedFrom?.device, nextBoot.device], ["on", "pxe", "none"]);
  t.true(commandLine(String(pid)).includes("qemu-system-x86_64"));
});

test.serial("BIOS: reset by the BMC without an override, it boots its disk", async (t) => {
  const before = (await statusOf("web01")).pid;
  writeFileSync(fileNames(plan, "web01").disks[0] as string, operatingSystem, { flag: "r+" });
  const port = serial("web01");
  await ipmitool("web01", "power", "reset");
  await until("the operating system", () => port.says(/UP\b/));
  t.true(port.says(/Booting from Hard Disk/));
  t.false(port.says(/Booting from ROM/));
  t.not((await statusOf("web01")).pid, before);
  t.true(serialTail(plan, "web01", 5).some((line) => line.includes("UP")));
});

test.serial(
  "BIOS: a guest that resets itself starts with the override of that moment; the console stays open",
  async (t) => {
    const port = serial("web01");
    const { history, stream } = openConsole({ plan, name: "web01", clock: systemClock });
    let heard = "";
    stream.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
    });
    t.true(history.some((line) => line.includes("UP")));
    await ipmitool("web01", "chassis", "bootdev", "pxe");
    // The console connects in the background, and what is typed before is lost: type until it is heard.
    await until("the reset", () => stream.write("r") && port.says(/SeaBIOS/));
    t.is((await statusOf("web01")).power, "on");
    await until("the network boot", () => port.says(/Booting from ROM/));
    t.false(port.says(/Booting from Hard Disk/));
    await until("the console after the reset", () => heard.includes("Booting from ROM"));
    t.is((await statusOf("web01")).nextBoot.device, "none");
    stream.destroy();
  },
);

test.serial("BIOS: the power button asks the operating system; power off doesn't", async (t) => {
  const port = serial("web01");
  await ipmitool("web01", "power", "reset");
  await until("the operating system", () => port.says(/UP\b/));
  await ipmitool("web01", "power", "soft");
  await until("the soft power-off", async () => (await statusOf("web01")).power === "off");
  await ipmitool("web01", "power", "on");
  const pid = await until("power", async () => (await statusOf("web01")).pid);
  await ipmitool("web01", "power", "off");
  await until("the power-off", async () => (await statusOf("web01")).power === "off");
  t.is(startTicksOf(pid), undefined);
  t.is(await ipmitool("web01", "power", "status"), "Chassis Power is off");
});

test.serial(
  "hands at the bays: pulled and put in while it runs and while it is off; what is put back is the same disk",
  async (t) => {
    const disksOf = async (name: string) => (await statusOf(name)).disks.map(({ serial: one }) => one);
    const hold = (order: BayOrder) => orderBay(plan, order);
    const file = fileNames(plan, "web01").disks[1] as string;
    writeFileSync(file, "what was written", { flag: "r+" });
    await hold({ machine: "web01", pull: "WEB01-B" });
    t.deepEqual(await disksOf("web01"), ["WEB01-A"]);
    await t.throwsAsync(hold({ machine: "web01", pull: "WEB01-B" }), { code: "rack-no-such-disk" });
    await t.throwsAsync(hold({ machine: "web01", insert: { serial: "WEB01-A", sizeMiB: 64 } }), {
      code: "rack-disk-twice",
    });
    await hold({ machine: "web01", insert: { serial: "WEB01-C", sizeMiB: 64 } });
    await t.throwsAsync(hold({ machine: "web01", insert: { serial: "WEB01-B", sizeMiB: 64 } }), {
      code: "rack-bays-full",
    });
    await ipmitool("web01", "power", "on");
    const line = await until("QEMU", async () => {
      const { pid } = await statusOf("web01");
      return pid === undefined ? "" : commandLine(String(pid));
    });
    t.regex(line, /serial=WEB01-C/);
    t.notRegex(line, /serial=WEB01-B/);
    await ipmitool("web01", "power", "off");
    await until("power off", async () => (await statusOf("web01")).power === "off");
    await hold({ machine: "web01", pull: "WEB01-C" });
    await hold({ machine: "web01", insert: { serial: "WEB01-B", sizeMiB: 64 } });
    t.deepEqual(await disksOf("web01"), ["WEB01-A", "WEB01-B"]);
    t.is(readFileSync(file).subarray(0, 16).toString(), "what was written");
  },
);

test.serial("UEFI: told pxe, OVMF's own PXE asks first; without an override its disk comes first", async (t) => {
  const port = serial("web02");
  await ipmitool("web02", "chassis", "bootdev", "pxe", "options=efiboot");
  await ipmitool("web02", "power", "on");
  await until("PXE", () => port.says(/>>Start PXE over IPv4/));
  t.false(port.says(/failed to load .*HARDDISK/), "no disk was tried before");
  t.deepEqual((await statusOf("web02")).bootedFrom, { device: "pxe", efi: true });
  port.mark();
  await ipmitool("web02", "power", "reset");
  await until("the disk's turn", () => port.says(/failed to load .*HARDDISK/));
  t.false(port.says(/>>Start PXE over IPv4[\s\S]*failed to load .*HARDDISK/));
});

test.serial("a rack whose daemon died is broken; the next up ends its machines and keeps the disks", async (t) => {
  const { daemonPid } = await rackStatus(plan);
  const pid = (await statusOf("web02")).pid as number;
  process.kill(daemonPid as number, "SIGKILL");
  await until("the broken rack", async () => (await rackStatus(plan)).state === "broken");
  t.not(startTicksOf(pid), undefined, "the machine outlives the daemon");
  const up = await rackUp(plan, tools);
  t.is(up.kind, "up");
  t.is(startTicksOf(pid), undefined);
  const disk = readFileSync(fileNames(plan, "web01").disks[0] as string).subarray(0, operatingSystem.length);
  t.deepEqual(disk, Buffer.from(operatingSystem));
});

test.serial("down leaves no process, namespace or file, and can be called twice", async (t) => {
  await ipmitool("web01", "power", "on");
  const pid = await until("power", async () => (await statusOf("web01")).pid);
  t.true(recordedProcesses(plan.runDir).length >= 4, "daemon, gateway, radvd, a machine");
  const started = systemClock.monotonicMs();
  const down = await rackDown(plan, tools);
  t.true(systemClock.monotonicMs() - started < 9000, "the daemon ended by itself, before it was made to");
  t.deepEqual(down, { wasThere: true, strangers: [] });
  t.is(startTicksOf(pid), undefined);
  t.deepEqual(processesOf(plan.runDir), []);
  t.false(existsSync(`/run/netns/${plan.namespace}`));
  t.deepEqual(readdirSync(root), []);
  t.is((await rackStatus(plan)).state, "down");
  t.deepEqual(await rackDown(plan, tools), { wasThere: false, strangers: [] });
});
