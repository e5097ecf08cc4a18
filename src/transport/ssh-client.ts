import { type Config, NodeSSH } from "node-ssh";
import type { Client, ClientChannel } from "ssh2";
import type { Secret } from "../secret.ts";
import { fail } from "./errors.ts";
import { hostKeyName } from "./keys.ts";

/** A machine with an SSH server, and the account there. */
export interface SshHop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The only host key that is accepted, as in known_hosts: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
}

/** Cheap first: the post-quantum exchange costs 0.15–0.30 s of CPU per connection on a small machine. */
const keyExchange = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"] as const;

/** A silent peer is given up after `interval × count`. */
const keepalive = { intervalMs: 15_000, count: 4 };

/** As people know it: `root@10.77.0.11`, with the port when it isn't 22. */
export const nameOf = ({ user, host, port }: SshHop) => `${user}@${host}${port === 22 ? "" : `:${port}`}`;

/** What all connections of a chain have in common. */
export interface Way {
  readonly privateKey: Secret;
  /** From TCP to the accepted key. */
  readonly timeoutMs: number;
}

/** Connections through each other, and the way on from the last of them. */
export interface Passage {
  /** A stream to there through the last hop; `undefined`: there is none, go directly. */
  sock(to: Pick<SshHop, "host" | "port">): Promise<ClientChannel | undefined>;
  close(): void;
}

/** Logs in at each hop, through the one before. Throws as `connectSsh` does, with none of them left. */
export async function travel(hops: readonly SshHop[], way: Way): Promise<Passage> {
  const passed: Client[] = [];
  const close = () => {
    for (const client of passed.toReversed()) client.end();
  };
  const sock: Passage["sock"] = async ({ host, port }) => {
    const [last, hop] = [passed.at(-1), hops[passed.length - 1]];
    return last && hop ? leadOn(last, { from: nameOf(hop), host, port }) : undefined;
  };
  try {
    for (const hop of hops) passed.push((await openClient({ ...way, ...hop }, await sock(hop))).client);
  } catch (thrown) {
    close();
    throw thrown;
  }
  return { sock, close };
}

/** RFC 4254 §7.2, direct-tcpip: what `ssh -J` and `ssh -W` ask for. */
function leadOn(client: Client, to: { from: string; host: string; port: number }): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, to.host, to.port, (error, channel) => {
      if (error) reject(fail("ssh-jump-refused", { ...to, reason: error.message }, { cause: error }));
      else resolve(channel);
    });
  });
}

export interface OpenClient {
  readonly client: Client;
  readonly lost: { reason?: string };
}

/** A connection whose host key is the pinned one and whose server took our key; through `sock` if there is one. */
export async function openClient(target: SshHop & Way, sock: ClientChannel | undefined): Promise<OpenClient> {
  const ssh = new NodeSSH();
  const seen: { key?: string; pinned?: boolean } = {};
  const connecting = ssh.connect({ ...toConfig(target, seen), ...(sock ? { sock } : {}) });
  const client = ssh.connection as Client;
  client.setNoDelay(true);
  const lost: { reason?: string } = {};
  client.on("error", (error) => {
    lost.reason ??= error.message;
  });
  client.on("close", () => {
    lost.reason ??= "the other side closed it";
  });
  await connecting.catch((thrown: unknown) => {
    client.destroy();
    throw explain(target, { thrown, seen });
  });
  return { client, lost };
}

function toConfig(target: SshHop & Way, seen: { key?: string; pinned?: boolean }): Config {
  const [, pinned = ""] = target.hostKey.trim().split(/\s+/);
  return {
    host: target.host,
    port: target.port,
    username: target.user,
    privateKey: target.privateKey.reveal(),
    readyTimeout: target.timeoutMs,
    keepaliveInterval: keepalive.intervalMs,
    keepaliveCountMax: keepalive.count,
    algorithms: { kex: [...keyExchange], serverHostKey: [hostKeyAlgorithm(target.hostKey)] },
    hostVerifier: (key: Buffer) => {
      seen.key = key.toString("base64");
      seen.pinned = seen.key === pinned;
      return seen.pinned;
    },
  };
}

/** Ask for the kind of key that is pinned: the server may have others, which we couldn't judge. */
function hostKeyAlgorithm(hostKey: string) {
  const kind = hostKey.trim().split(/\s+/)[0] ?? "";
  return (kind === "ssh-rsa" ? "rsa-sha2-512" : kind) as "ssh-ed25519";
}

interface Failure {
  readonly thrown: unknown;
  readonly seen: { readonly key?: string; readonly pinned?: boolean };
}

function explain(target: SshHop & Way, { thrown, seen }: Failure): Error {
  const name = nameOf(target);
  const error = thrown as { level?: string; code?: string; message?: string };
  const { timeoutMs } = target;
  const cause = { cause: thrown };
  if (seen.pinned === false) {
    const expected = hostKeyName(target.hostKey);
    return fail("ssh-host-key-changed", { target: name, expected, seen: hostKeyName(`key ${seen.key}`) }, cause);
  }
  if (error.level === "client-timeout" || error.code === "EHOSTUNREACH" || error.code === "ENETUNREACH") {
    return fail("ssh-timeout", { target: name, timeoutMs }, cause);
  }
  if (error.code === "ETIMEDOUT" && error.level) return fail("ssh-timeout", { target: name, timeoutMs }, cause);
  if (error.level === "client-authentication") return fail("ssh-auth-failed", { target: name }, cause);
  return fail("ssh-refused", { target: name, reason: error.message ?? String(thrown) }, cause);
}
