import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { groupFolder, removeGroup } from "../../src/sim/hosts/cgroup.ts";

/** A Debian machine with a real init and sshd: systemd-nspawn on an overlay, in the bench's own network namespace. */
export interface BenchHost {
  readonly address: string;
  readonly hostKey: string;
  /** Its root file system, as this machine sees it. */
  readonly root: string;
  /** What it has changed of its layers. */
  readonly upper: string;
  /** The argument vector that runs a script in the host without SSH, as a person at its console would. */
  entering(script: string): readonly string[];
  inside(script: string): string;
  /** SSH sessions that its sshd has begun so far, by its own journal. */
  sessions(): number;
  /** Ends it and keeps its files. */
  halt(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface Network {
  readonly namespace: string;
  /** Bytes that went through it so far, with headers, both ways. */
  bytes(): number;
  stop(): void;
}

export const hostAddress = "192.0.2.11";
const bootMs = 90_000;

export const run = (program: string, ...argv: string[]) =>
  execFileSync(program, argv, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", maxBuffer: 1 << 26 });

/** One namespace in which everything takes place; every address in it is local, so packets pass its loopback. */
export function openNetwork(addresses: readonly string[]): Network {
  const namespace = `bench-${process.pid}`;
  run("ip", "netns", "add", namespace);
  run("ip", "-n", namespace, "link", "set", "lo", "up");
  for (const address of addresses) run("ip", "-n", namespace, "addr", "add", `${address}/32`, "dev", "lo");
  const counter = ["netns", "exec", namespace, "cat", "/proc/net/dev"];
  return {
    namespace,
    bytes: () => Number(/lo:\s*(\d+)/.exec(run("ip", ...counter))?.[1] ?? Number.NaN),
    stop: () => void run("ip", "netns", "del", namespace),
  };
}

/** Takes down what runs that were killed left: folders and namespaces end in the pid of a process that is no more. */
export function sweep(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const pid = /^run-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const namespace = `bench-${pid}`;
    for (const left of tryRun("ip", "netns", "pids", namespace).split("\n").filter(Boolean))
      process.kill(Number(left), "SIGKILL");
    for (const host of readdirSync(join(folder, name))) tryRun("umount", join(folder, name, host, "root"));
    tryRun("ip", "netns", "del", namespace);
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

export interface HostRequest {
  readonly layers: readonly string[];
  readonly folder: string;
  readonly namespace: string;
  readonly publicKey: string;
}

/** A fresh host; its changes are in `FOLDER/up` until it is stopped. */
export async function startHost({ layers, folder, namespace, publicKey }: HostRequest): Promise<BenchHost> {
  const [upper, work, root] = ["up", "wk", "root"].map((name) => join(folder, name)) as [string, string, string];
  for (const one of [upper, work, root]) mkdirSync(one, { recursive: true });
  const lower = layers.join(":");
  run("mount", "-t", "overlay", "overlay", "-o", `lowerdir=${lower},upperdir=${upper},workdir=${work}`, root);
  const hostKey = prepare(root, publicKey);
  const child = boot(root, namespace);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await halt(child);
    await removeGroup(groupFolder(namespace), systemClock);
    run("umount", root);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitForSshd(namespace, child);
    const leader = leaderOf(child);
    const entering = (script: string) => ["nsenter", "-t", leader, "-m", "-u", "-i", "-n", "-p", "sh", "-c", script];
    const inside = (script: string) => run("nsenter", ...entering(script).slice(1));
    const sessions = () => Number(inside("journalctl -u ssh -o cat --no-pager | grep -c '^Starting session' || :"));
    return { address: hostAddress, hostKey, root, upper, entering, inside, sessions, halt: () => halt(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function prepare(root: string, publicKey: string): string {
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  write("etc/hostname", "bench\n");
  mkdirSync(join(root, "root/.ssh"), { recursive: true, mode: 0o700 });
  write("root/.ssh/authorized_keys", `${publicKey}\n`);
  chmodSync(join(root, "root/.ssh/authorized_keys"), 0o600);
  // Its journal then tells each session; the same for every engine.
  write("etc/ssh/sshd_config.d/bench.conf", "LogLevel VERBOSE\n");
  for (const kind of ["rsa", "ecdsa", "ed25519"]) rmSync(join(root, `etc/ssh/ssh_host_${kind}_key`), { force: true });
  const key = join(root, "etc/ssh/ssh_host_ed25519_key");
  run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
  for (const unit of ["systemd-udevd.service", "console-getty.service", "apt-daily.timer", "apt-daily-upgrade.timer"])
    run("ln", "-sf", "/dev/null", join(root, "etc/systemd/system", unit));
  return readFileSync(`${key}.pub`, "utf8").trim().split(" ").slice(0, 2).join(" ");
}

function boot(root: string, namespace: string): ChildProcess {
  const group = groupFolder(namespace);
  const options = `--quiet --boot --register=no --keep-unit -D ${root} --machine=${namespace} --hostname=bench \
--network-namespace-path=/run/netns/${namespace} --link-journal=no --resolv-conf=off --timezone=off --console=read-only`;
  const script = `mkdir -p ${group} && echo $$ > ${group}/cgroup.procs
exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn ${options}`;
  return spawn("sh", ["-c", script], { stdio: "ignore" });
}

async function halt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const killer = systemClock.after(20_000, () => child.kill("SIGKILL"));
  await gone;
  killer();
}

const leaderOf = ({ pid }: ChildProcess) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0] ?? "";

async function waitForSshd(namespace: string, child: ChildProcess): Promise<void> {
  const deadline = systemClock.monotonicMs() + bootMs;
  const probe = ["netns", "exec", namespace, "ssh-keyscan", "-T", "2", "-t", "ed25519", hostAddress];
  while (!tryRun("ip", ...probe).includes("ssh-ed25519")) {
    if (child.exitCode !== null) throw new Error(`the bench's host ended with ${child.exitCode}`);
    if (systemClock.monotonicMs() > deadline) throw new Error("the bench's host did not come up");
    await systemClock.sleep(300);
  }
}

function tryRun(program: string, ...argv: string[]): string {
  try {
    return run(program, ...argv);
  } catch {
    return "";
  }
}
