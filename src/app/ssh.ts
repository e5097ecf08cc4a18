import type { Clock } from "../clock.ts";
import type { Inventory } from "../inventory/schema.ts";
import type { SshProbe } from "../lifecycle/operations/target.ts";
import type { Secret } from "../secret.ts";
import type { Shell } from "../transport/shell.ts";
import { connectSsh } from "../transport/ssh.ts";
import { probeSshBanner } from "../transport/ssh-banner.ts";
import { fail } from "./errors.ts";

const port = 22;
/** One connection at a time and patience: probes in quick succession keep a starting machine from starting. */
const bannerMs = 30_000;
const connectMs = 60_000;

export interface SshAccess extends SshProbe {
  /** A kept connection as root, over a pinned host key. */
  connect(node: string, hostKeys: readonly string[]): Promise<Shell>;
}

/** How this controller reaches its nodes: the first interface's address, its own key, the pinned host key. */
export function sshAccess(inventory: Inventory, privateKey: Secret, clock: Clock): SshAccess {
  const hostOf = (node: string) => inventory.nodes.get(node)?.interfaces[0]?.address ?? node;
  const connect = async (node: string, hostKeys: readonly string[]) => {
    const hostKey = hostKeys.find((key) => key.startsWith("ssh-ed25519 ")) ?? hostKeys[0];
    if (hostKey === undefined) throw fail("host-key-unknown", { node });
    return connectSsh({ host: hostOf(node), port, user: "root", privateKey, hostKey, timeoutMs: connectMs, clock });
  };
  return {
    connect,
    banner: (node) => probeSshBanner({ host: hostOf(node), port, timeoutMs: bannerMs }),
    login: async (node, hostKeys) => (await connect(node, hostKeys)).close(),
  };
}
