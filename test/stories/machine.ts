import type { ExecutionContext } from "ava";
import type { OperationEvent } from "../../src/lifecycle/events.ts";
import { createSite, jsonLines, type StorySite } from "./site.ts";

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly bmc: string;
  readonly firmware: "bios" | "uefi";
}

const second = 1000;

/** Reports a phase's time, since the stories' worth is also in where the time goes. */
export async function timed<T>(t: ExecutionContext, what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  t.log(`${((performance.now() - started) / second).toFixed(1).padStart(6)} s  ${what}`);
  return result;
}

/** One machine's whole story, from power-off to a verified role and back to nothing. */
export async function tellStory(t: ExecutionContext, machine: Machine): Promise<void> {
  const site = createSite(machine.firmware);
  try {
    const image = await timed(t, "image build", () => site.provision("image", "build", "debian12"));
    t.is(image.exitCode, 0, image.stderr);
    const up = await timed(t, "lab up", () => site.provision("lab", "up"));
    t.is(up.exitCode, 0, up.stderr);
    await isOff(t, site, machine);
    await refusesTheWrongPassword(t, site, machine);
    await installs(t, site, machine);
    await servesFromCache(t, site, machine);
    await isMirrored(t, site, machine);
    await changesNothingTwice(t, site, machine);
    await bootsLocallyWhenNobodyAsked(t, site, machine);
  } finally {
    await timed(t, "lab down", () => site.provision("lab", "down"));
    await leavesNothing(t, site);
    site.remove();
  }
}

const ipmi = (site: StorySite, { bmc }: Machine, ...args: readonly string[]) =>
  site.inRack("ipmitool", "-I", "lanplus", "-C", "17", "-H", bmc, "-U", "admin", "-P", "rack-secret", ...args);

async function isOff(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  t.regex((await ipmi(site, machine, "power", "status")).stdout, /is off/);
}

async function refusesTheWrongPassword(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  const file = `nodes/${machine.name}.yaml`;
  site.edit(file, (text) => text.replace("password: rack-secret", "password: wrong-secret"));
  const refused = await timed(t, "node, with a wrong BMC password", () => site.provision("node", machine.name));
  t.is(refused.exitCode, 2, "what is written in the inventory is wrong");
  t.regex(refused.stderr, /error\[bmc-password-refused\]/);
  t.regex(refused.stderr, /hint/);
  t.notRegex(refused.stderr + refused.stdout, /wrong-secret/);
  t.regex((await ipmi(site, machine, "power", "status")).stdout, /is off/);
  site.edit(file, (text) => text.replace("password: wrong-secret", "password: rack-secret"));
}

async function installs(t: ExecutionContext, site: StorySite, { name, firmware }: Machine): Promise<void> {
  const first = await timed(t, "node, from power-off to verified", () => site.provision("--json", "node", name));
  if (first.exitCode !== 0) t.log((await site.provision("lab", "console", name, "--lines", "60")).stdout);
  t.is(first.exitCode, 0, first.stderr);
  const events = jsonLines(first.stdout) as unknown as OperationEvent[];
  const milestones = events.flatMap((event) => (event.kind === "milestone" ? [event.name] : []));
  for (const event of events) {
    if (event.kind === "step" && event.durationMs !== undefined && event.durationMs > second)
      t.log(`${(event.durationMs / second).toFixed(1).padStart(10)} s  ${event.label}`);
    if (event.kind === "milestone") t.log(`${(event.elapsedMs / second).toFixed(1).padStart(14)}  ${event.name}`);
  }
  const expected = [
    "dhcp-discover",
    "dhcp-ack",
    ...(firmware === "uefi" ? ["loader"] : []),
    "boot-script",
    "kernel",
    "ramdisk",
  ];
  const seen = [...new Set(milestones)];
  t.deepEqual(seen.slice(0, expected.length), expected);
  for (const later of ["deploy-started", "image-verified", "boot-loader", "deploy-done", "ssh-answers"]) {
    t.true(seen.includes(later), `no milestone ${later}`);
  }
}

async function servesFromCache(t: ExecutionContext, site: StorySite, { address }: Machine): Promise<void> {
  const url = `http://${address}/story-${process.pid}`;
  const answers = [];
  for (const _ of ["first", "second"]) answers.push((await site.inRack("curl", "-sS", "-i", "-m", "60", url)).stdout);
  t.regex(answers[0] ?? "", /^HTTP\/1\.1 200/);
  t.regex(answers[0] ?? "", /^x-cache: MISS/im);
  t.regex(answers[1] ?? "", /^x-cache: HIT/im);
}

/** `[UU]` proves nothing by itself: both members are looked at, and both disks' boot code. */
async function isMirrored(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  const seen = await onNode(
    site,
    machine,
    "cat /proc/mdstat /sys/block/md*/md/dev-*/state /sys/block/md*/md/degraded; lsblk -ndo NAME,SERIAL; for d in sda sdb; do head -c 440 /dev/$d | strings | grep -c GRUB; done; df --output=size -m / | tail -1",
  );
  t.is(seen.exitCode, 0, seen.stderr);
  t.regex(seen.stdout, /\[UU\]/);
  t.is([...seen.stdout.matchAll(/^in_sync$/gm)].length, 2, seen.stdout);
}

/** Root over SSH with the controller's key and the pinned host key, as the controller itself does it. */
async function onNode(site: StorySite, { address, firmware }: Machine, script: string) {
  const key = `${site.folder}/state/${firmware}/id_ed25519`;
  const trust = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"];
  return site.inRack("ssh", "-i", key, ...trust, "-o", "ConnectTimeout=60", `root@${address}`, script);
}

const bootId = async (site: StorySite, machine: Machine) =>
  (await onNode(site, machine, "cat /proc/sys/kernel/random/boot_id; systemctl show -P MainPID varnish")).stdout.trim();

async function changesNothingTwice(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  const before = await bootId(site, machine);
  t.regex(before, /^[0-9a-f-]{36}\n\d+$/);
  const again = await timed(t, "node, again", () => site.provision("node", machine.name));
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stdout, /nothing was left to do/);
  t.is(await bootId(site, machine), before);
  const refused = await site.provision("node", machine.name, "--reinstall");
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /error\[erase-not-confirmed\]/);
  t.is(await bootId(site, machine), before);
}

/**
 * Somebody leaves the machine on network boot while the daemon serves: it must come up from its own disk, with its data.
 * Meanwhile the other commands speak to the daemon.
 */
async function bootsLocallyWhenNobodyAsked(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  await onNode(site, machine, "echo precious > /root/data; sync");
  const before = await bootId(site, machine);
  const efi = machine.firmware === "uefi" ? ["options=efiboot"] : [];
  t.is((await ipmi(site, machine, "chassis", "bootdev", "pxe", ...efi)).exitCode, 0);
  const stop = await site.serve();
  try {
    const after = await timed(t, "an unasked network boot", async () => {
      await ipmi(site, machine, "power", "cycle");
      return rebooted(site, machine, before);
    });
    t.not(after, "", "it did not come back");
    t.is((await onNode(site, machine, "cat /root/data")).stdout, "precious\n");
    t.regex((await site.provision("status", machine.name)).stdout, /active/);
    const again = await timed(t, "node, through the daemon", () => site.provision("node", machine.name));
    t.regex(again.stdout, /nothing was left to do/, again.stderr);
  } finally {
    const { exitCode, stderr } = await stop();
    t.is(exitCode, 0, stderr);
  }
  const log = (await site.provision("lab", "console", machine.name, "--lines", "400")).stdout;
  t.regex(log, machine.firmware === "uefi" ? /Start PXE over IPv4/ : /Booting from ROM/, "it never tried the network");
}

/** The new boot id as soon as SSH answers again; "" if it doesn't within ten minutes. */
async function rebooted(site: StorySite, machine: Machine, before: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const seen = await bootId(site, machine);
    if (seen !== "" && seen !== before) return seen;
    await new Promise((resolve) => setTimeout(resolve, 5 * second));
  }
  return "";
}

async function leavesNothing(t: ExecutionContext, site: StorySite): Promise<void> {
  const namespaces = (await site.inRack("true")).exitCode;
  t.not(namespaces, 0, "the namespace is still there");
}
