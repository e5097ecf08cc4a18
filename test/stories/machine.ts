import { readFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import type { ErrorRecord } from "../../src/errors.ts";
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
    await refusesAnUnknownPackage(t, site, machine);
    await tellsThatSshRefuses(t, site, machine);
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

async function installs(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  const { name, firmware } = machine;
  // One of the two stories goes on with another controller in the middle of the writing.
  const provision = () => (firmware === "bios" ? overAKill(t, site, machine) : site.provision("--json", "node", name));
  const first = await timed(t, "node, from power-off to verified", provision);
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

/** The controller is killed while the machine writes its disks; the next one takes over, and gives no second power order. */
async function overAKill(t: ExecutionContext, site: StorySite, { name, firmware }: Machine) {
  const args = ["--json", "node", name];
  const killed = await timed(t, "node, killed in the middle", () => site.killAt('"name":"image-written"', ...args));
  t.is(killed.exitCode, -1, killed.stderr);
  const status = JSON.parse((await site.provision("--json", "status", name)).stdout);
  t.like(status[0].status.operation, { kind: "install", state: "running" });
  const taken = await site.provision(...args);
  const rack = readFileSync(`${site.folder}/run/${firmware}/rack/daemon.log`, "utf8");
  const starts = rack.split("\n").filter((line) => line.includes("machine started") && line.includes(name));
  t.is(starts.filter((line) => /pxe/.test(line)).length, 1, rack);
  return { ...taken, stdout: killed.stdout + taken.stdout };
}

async function servesFromCache(t: ExecutionContext, site: StorySite, { address }: Machine): Promise<void> {
  const url = `http://${address}/?story=${process.pid}`;
  const answers = [];
  for (const _ of ["first", "second"]) answers.push((await site.inRack("curl", "-sS", "-i", "-m", "60", url)).stdout);
  t.regex(answers[0] ?? "", /^HTTP\/1\.1 200/);
  t.regex(answers[0] ?? "", /^x-cache: MISS/im);
  t.regex(answers[1] ?? "", /^x-cache: HIT/im);
}

/** `[UU]` proves nothing by itself: both members are looked at, and on BIOS both disks' boot code. */
async function isMirrored(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  const look =
    "cat /proc/mdstat /sys/block/md*/md/dev-*/state; for d in sda sdb; do head -c 440 /dev/$d | grep -aq GRUB && echo boots-$d; done; true";
  const seen = await onNode(site, machine, look);
  t.is(seen.exitCode, 0, seen.stderr);
  t.regex(seen.stdout, /\[UU\]/);
  t.is([...seen.stdout.matchAll(/^in_sync$/gm)].length, 2, seen.stdout);
  if (machine.firmware === "bios") t.is([...seen.stdout.matchAll(/^boots-sd[ab]$/gm)].length, 2, seen.stdout);
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

/** A mistake in a role's parameters stops the converge where it bites, and the node stays what it was. */
async function refusesAnUnknownPackage(t: ExecutionContext, site: StorySite, { name }: Machine): Promise<void> {
  const file = `nodes/${name}.yaml`;
  const wish = "    packages: [no-such-package]\n";
  site.edit(file, (text) => text.replace("  base:\n", `  base:\n${wish}`));
  const refused = await timed(t, "apply, with a package that nobody has", () =>
    site.provision("--json", "apply", name),
  );
  t.is(refused.exitCode, 2, refused.stderr);
  const { error } = jsonLines(refused.stdout).at(-1) as unknown as { error: ErrorRecord };
  t.like(error, { code: "package-unknown", lastMilestone: "plan", nextExpected: "apply" });
  t.regex(
    error.message,
    /no archive of this host has a package no-such-package: role base, package\[?.*no-such-package/,
  );
  t.regex(refused.stderr, /hint +Correct the name, or add the repository/);
  t.regex((await site.provision("status", name)).stdout, /active +package-unknown/);
  site.edit(file, (text) => text.replace(wish, ""));
  const mended = await timed(t, "apply, with the name taken out", () => site.provision("apply", name));
  t.is(mended.exitCode, 0, mended.stderr);
  t.regex(mended.stdout, /nothing was left to do/);
}

/** sshd goes away for a while. The stopped service leaves its sessions alone (KillMode=process), ours too. */
async function tellsThatSshRefuses(t: ExecutionContext, site: StorySite, machine: Machine): Promise<void> {
  const { name } = machine;
  const stopped = await onNode(site, machine, "systemd-run --on-active=45 systemctl start ssh && systemctl stop ssh");
  t.is(stopped.exitCode, 0, stopped.stderr);
  const refused = await timed(t, "verify, with sshd stopped", () => site.provision("verify", name));
  t.is(refused.exitCode, 1, refused.stderr);
  t.regex(refused.stderr, /error\[ssh-refused\]: SSH to root@[0-9.]+ was refused: .*ECONNREFUSED/);
  t.regex(refused.stderr, /hint +Check that sshd runs/);
  const applied = await timed(t, "apply, with sshd stopped", () => site.provision("apply", name));
  t.is(applied.exitCode, 1, applied.stderr);
  t.regex(applied.stderr, /error\[ssh-refused\].*\n +last seen +begun\n +expected +connect\n +hint/);
  t.not(await timed(t, "sshd comes back", () => rebooted(site, machine, "")), "");
  t.is((await site.provision("apply", name)).exitCode, 0);
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
