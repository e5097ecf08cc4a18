import type { Clock } from "../clock.ts";
import type { Inventory } from "../inventory/schema.ts";
import type { SshProbe } from "../lifecycle/operations/target.ts";
import type { Secret } from "../secret.ts";
import type { Shell } from "../transport/shell.ts";
import { connectSsh } from "../transport/ssh.ts";
import { probeSshBanner } from "../transport/ssh-banner.ts";
import type { SshHop } from "../transport/ssh-client.ts";
import { fail } from "./errors.ts";

/** One connection at a time and patience: probes in quick succession keep a starting machine from starting. */
const bannerMs = 30_000;
const connectMs = 60_000;

export interface SshAccess extends SshProbe {
  /** A kept connection as root, over a pinned host key. */
  connect(node: string, hostKeys: readonly string[]): Promise<Shell>;
}

/** How this controller reaches its nodes: the first interface's address, its own key, pinned host keys all the way. */
export function sshAccess(inventory: Inventory, privateKey: Secret, clock: Clock): SshAccess {
  const reach = (node: string) => reachOf(inventory, node);
  const connect = async (node: string, installed: readonly string[]) => {
    const { hostKey: inventoried, ...way } = reach(node);
    // What the machine's own install reported is newer than what somebody once wrote down.
    const hostKey = installed.find((key) => key.startsWith("ssh-ed25519 ")) ?? installed[0] ?? inventoried;
    if (hostKey === undefined) throw fail("host-key-unknown", { node });
    return connectSsh({ ...way, user: "root", privateKey, hostKey, timeoutMs: connectMs, clock });
  };
  return {
    connect,
    banner: (node) => probeSshBanner({ ...reach(node), privateKey, timeoutMs: bannerMs }),
    login: async (node, hostKeys) => (await connect(node, hostKeys)).close(),
  };
}

interface Reach {
  readonly host: string;
  readonly port: number;
  readonly jump: readonly SshHop[];
  readonly hostKey: string | undefined;
}

function reachOf({ nodes, site }: Inventory, name: string): Reach {
  const node = nodes.get(name);
  const { port = 22, jump = site.ssh.jump, hostKey } = node?.ssh ?? {};
  return { host: node?.interfaces[0]?.address ?? name, port, jump, hostKey };
}
