import { systemClock } from "../../src/clock.ts";
import { startContainers } from "../../src/sim/hosts/containers.ts";
import type { Shell } from "../../src/transport/shell.ts";

/**
 * A Debian machine with a real init and sshd, in a network of its own. Its site (package archive, backend) stands at
 * 192.0.2.1 in the same network.
 */
export interface Container {
  readonly shell: Shell;
  readonly address: string;
  readonly siteAddress: string;
  /** Another connection to it. */
  connect(): Promise<Shell>;
  reboot(): Promise<void>;
  stop(): Promise<void>;
}

export const folders = { cacheDir: "/var/cache/provision", runDir: "/run/provision" };

export async function startContainer(name: string): Promise<Container> {
  const lab = await startContainers({ hosts: [{ name }], ...folders, clock: systemClock });
  const [host] = lab.hosts;
  if (!host) throw new Error("a lab without a host");
  const { shell, address, connect, reboot } = host;
  return { shell, address, connect, reboot, siteAddress: lab.siteAddress, stop: () => lab.stop() };
}
