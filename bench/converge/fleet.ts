import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import type { EngineHost } from "./engine.ts";
import { run } from "./host.ts";

export interface Fleet {
  readonly hosts: readonly EngineHost[];
  stop(): Promise<void>;
}

export const fleetAddresses = (count: number) => Array.from({ length: count }, (_, index) => `192.0.2.${101 + index}`);

export interface FleetRequest {
  readonly count: number;
  /** Of a converged host, topmost first. */
  readonly layers: readonly string[];
  readonly folder: string;
  readonly namespace: string;
  readonly hostKey: string;
}

/**
 * Many converged hosts: each a real sshd at an address of its own, in a chroot on an overlay of its own over a converged
 * host's files, with its own process and mount namespaces. No init runs in them. They share the host key and this
 * machine's processors.
 */
export async function startFleet({ count, layers, folder, namespace, hostKey }: FleetRequest): Promise<Fleet> {
  const children = fleetAddresses(count).map((address) => {
    const own = join(folder, address);
    for (const name of ["up", "wk", "root"]) mkdirSync(join(own, name), { recursive: true });
    const isolated = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
    const argv = ["netns", "exec", namespace, ...isolated, "sh", "-ec", startScript, own, layers.join(":"), address];
    return spawn("ip", argv, { stdio: "ignore" });
  });
  const stop = async () => {
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const address of fleetAddresses(count)) await waitFor(namespace, address);
  } catch (error) {
    await stop();
    throw error;
  }
  return { hosts: fleetAddresses(count).map((address) => ({ address, port: 22, hostKey })), stop };
}

const startScript = `mount -t overlay overlay -o "lowerdir=$1,upperdir=$0/up,workdir=$0/wk" "$0/root"
mount --bind /dev "$0/root/dev"
mount -t proc proc "$0/root/proc"
mkdir -p "$0/root/run/sshd"
exec chroot "$0/root" /usr/sbin/sshd -D -o ListenAddress=$2 -o PidFile=none -o LogLevel=ERROR
`;

async function waitFor(namespace: string, address: string): Promise<void> {
  const deadline = systemClock.monotonicMs() + 60_000;
  const probe = `exec 3<>/dev/tcp/${address}/22 && head -c 4 <&3`;
  for (;;) {
    try {
      if (run("ip", "netns", "exec", namespace, "timeout", "5", "bash", "-c", probe) === "SSH-") return;
    } catch {
      if (systemClock.monotonicMs() > deadline) throw new Error(`the fleet's sshd at ${address} did not come up`);
    }
    await systemClock.sleep(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}
