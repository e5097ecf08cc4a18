import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { createKeyPair } from "../../src/transport/keys.ts";
import type { Shell } from "../../src/transport/shell.ts";
import { connectSsh } from "../../src/transport/ssh.ts";
import { serveSite } from "./site.ts";

/**
 * A Debian machine with a real init and sshd, in a network of its own: systemd-nspawn on an overlay over a root file
 * system that is made once. Its site (package archive, backend) stands at 192.0.2.1 in the same network.
 */
export interface Container {
  readonly shell: Shell;
  readonly address: string;
  readonly siteAddress: string;
  /** Another connection to it. */
  connect(): Promise<Shell>;
  stop(): Promise<void>;
}

const cache = "/var/cache/provision-dev/containers";
const [siteAddress, address] = ["192.0.2.1", "192.0.2.11"];
const bootMs = 90_000;

export async function startContainer(name: string): Promise<Container> {
  sweep();
  const own = `${name}-${process.pid}`;
  const folder = join(cache, "run", own);
  const base = makeBase();
  const operator = createKeyPair("test");
  const undo: (() => void | Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const root = mountOverlay(base, folder, undo);
    const hostKey = prepareRoot(root, own, operator.publicKey);
    makeNetwork(own, undo);
    const sockets = await serveSite(folder, join(cache, "packages"));
    undo.push(() => sockets.close());
    for (const [port, path] of sockets.ports)
      bridge(own, `TCP-LISTEN:${port},bind=${siteAddress},fork,reuseaddr`, path, undo);
    boot(own, root, undo);
    const sshSocket = join(folder, "ssh.sock");
    const port = await openDoor(own, sshSocket, undo);
    const connect = () => connectPatiently({ port, hostKey, privateKey: operator.privateKey });
    const shell = await connect();
    undo.push(() => shell.close());
    return { shell, address, siteAddress, connect, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const run = (program: string, ...argv: string[]) =>
  execFileSync(program, argv, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });

/** Takes down what tests that were killed left: their names end in the pid of a process that is no more. */
function sweep(): void {
  const folder = join(cache, "run");
  for (const own of existsSync(folder) ? readdirSync(folder) : []) {
    if (existsSync(`/proc/${own.split("-").at(-1)}`)) continue;
    for (const pid of run("ip", "netns", "pids", own).split("\n").filter(Boolean)) {
      if (existsSync(`/proc/${pid}`)) process.kill(Number(pid), "SIGKILL");
    }
    execFileSync("sh", ["-c", 'umount "$0/root"; ip netns del "$1"', join(folder, own), own], { stdio: "ignore" });
    rmSync(join(folder, own), { recursive: true, force: true });
  }
}

function makeBase(): string {
  const base = join(cache, "base");
  if (existsSync(base)) return base;
  mkdirSync(cache, { recursive: true });
  const packages = "systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,curl,ca-certificates,netbase,tzdata";
  run("mmdebstrap", "--variant=minbase", `--include=${packages}`, "bookworm", `${base}.new`);
  run("mv", `${base}.new`, base);
  return base;
}

function mountOverlay(base: string, folder: string, undo: (() => void)[]): string {
  const part = (name: string) => join(folder, name);
  for (const name of ["up", "wk", "root"]) mkdirSync(part(name), { recursive: true });
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  run(
    "mount",
    "-t",
    "overlay",
    "overlay",
    "-o",
    `lowerdir=${base},upperdir=${part("up")},workdir=${part("wk")}`,
    part("root"),
  );
  undo.push(() => void run("umount", part("root")));
  return part("root");
}

function prepareRoot(root: string, name: string, publicKey: string): string {
  writeFileSync(join(root, "etc/hostname"), `${name}\n`);
  writeFileSync(join(root, "etc/machine-id"), "");
  rmSync(join(root, "etc/resolv.conf"), { force: true });
  mkdirSync(join(root, "root/.ssh"), { recursive: true, mode: 0o700 });
  writeFileSync(join(root, "root/.ssh/authorized_keys"), `${publicKey}\n`, { mode: 0o600 });
  for (const kind of ["rsa", "ecdsa", "ed25519"]) rmSync(join(root, `etc/ssh/ssh_host_${kind}_key`), { force: true });
  const key = join(root, "etc/ssh/ssh_host_ed25519_key");
  run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key);
  chmodSync(key, 0o600);
  const masked = [
    "systemd-udevd",
    "systemd-udev-trigger",
    "console-getty",
    "systemd-networkd-wait-online",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
  ];
  for (const unit of masked) {
    const file = unit.includes(".") ? unit : `${unit}.service`;
    run("ln", "-sf", "/dev/null", join(root, "etc/systemd/system", file));
  }
  return readFileSync(`${key}.pub`, "utf8").trim();
}

function makeNetwork(name: string, undo: (() => void)[]): void {
  run("ip", "netns", "add", name);
  undo.push(() => void run("ip", "netns", "del", name));
  run("ip", "-n", name, "link", "set", "lo", "up");
  run("ip", "-n", name, "link", "add", "host0", "type", "bridge");
  for (const one of [siteAddress, address]) run("ip", "-n", name, "addr", "add", `${one}/24`, "dev", "host0");
  run("ip", "-n", name, "link", "set", "host0", "up");
}

function bridge(namespace: string, listen: string, socket: string, undo: (() => void)[]): void {
  const child = spawn("ip", ["netns", "exec", namespace, "socat", listen, `UNIX-CONNECT:${socket}`], {
    stdio: "ignore",
  });
  undo.push(() => void child.kill("SIGTERM"));
}

/** One cgroup for each, so that units of the same name in two containers don't share one. */
function boot(name: string, root: string, undo: (() => void | Promise<void>)[]): void {
  const unified = existsSync("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
  const group = join(unified, name);
  const options = `--quiet --boot --register=no --keep-unit -D ${root} --machine=${name} --hostname=${name} \
--network-namespace-path=/run/netns/${name} --capability=CAP_NET_ADMIN --link-journal=no --resolv-conf=off --timezone=off --console=read-only`;
  const script = `mkdir -p ${group} && echo $$ > ${group}/cgroup.procs
exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network systemd-nspawn ${options}`;
  const child = spawn("sh", ["-c", script], { stdio: "ignore" });
  undo.push(async () => {
    await halt(child);
    run("find", group, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+");
  });
}

async function halt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const killer = systemClock.after(20_000, () => child.kill("SIGKILL"));
  await gone;
  killer();
}

/** A port on the loopback of this machine that leads to the container's sshd. */
async function openDoor(namespace: string, socket: string, undo: (() => void)[]): Promise<number> {
  const inside = spawn("ip", ["netns", "exec", namespace, "socat", `UNIX-LISTEN:${socket},fork`, `TCP:${address}:22`], {
    stdio: "ignore",
  });
  undo.push(() => void inside.kill("SIGTERM"));
  const { createServer, connect } = await import("node:net");
  const server = createServer((client) => {
    const far = connect(socket);
    client.pipe(far).pipe(client);
    for (const end of [client, far]) end.on("error", () => end.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(() => void server.close());
  return (server.address() as { port: number }).port;
}

type Door = Pick<Parameters<typeof connectSsh>[0], "port" | "hostKey" | "privateKey">;

async function connectPatiently(door: Door): Promise<Shell> {
  const deadline = systemClock.monotonicMs() + bootMs;
  for (;;) {
    try {
      return await connectSsh({ host: "127.0.0.1", user: "root", timeoutMs: 10_000, clock: systemClock, ...door });
    } catch (error) {
      if (systemClock.monotonicMs() > deadline) throw error;
      await systemClock.sleep(300);
    }
  }
}
