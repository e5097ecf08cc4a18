import { Readable } from "node:stream";
import { type Config, NodeSSH } from "node-ssh";
import type { Client, ClientChannel } from "ssh2";
import type { Clock } from "../clock.ts";
import type { Secret } from "../secret.ts";
import { endEarly } from "./ending.ts";
import { fail } from "./errors.ts";
import { hostKeyName } from "./keys.ts";
import { gather } from "./lines.ts";
import { quoteArgv, quoteSh } from "./quote.ts";
import type { Command, RunOptions, RunResult, Shell } from "./shell.ts";
import { createSlots } from "./slots.ts";

export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKey: Secret;
  /** The only host key that is accepted, as in known_hosts: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** For the connection, from TCP to the accepted key. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Cheap first: the post-quantum exchange costs 0.15–0.30 s of CPU per connection on a small machine. */
const keyExchange = ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"] as const;

/** sshd allows 10 channels on a connection (sshd_config(5), MaxSessions) and refuses the next; two are left for leftovers. */
const channelsAtOnce = 8;
const channelAttempts = 20;
const channelPauseMs = 250;

/** A silent peer is given up after `interval × count`. */
const keepalive = { intervalMs: 15_000, count: 4 };

/**
 * Opens one connection and keeps it; each `run` is a channel on it. When the connection breaks, runs throw `ssh-lost`
 * and the owner connects again. Throws `ssh-refused`, `ssh-timeout`, `ssh-auth-failed`, `ssh-host-key-changed`.
 */
export async function connectSsh(target: SshTarget): Promise<Shell> {
  const name = `${target.user}@${target.host}${target.port === 22 ? "" : `:${target.port}`}`;
  const ssh = new NodeSSH();
  const seen: { key?: string; pinned?: boolean } = {};
  const connecting = ssh.connect(toConfig(target, seen));
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
    throw explain(target, name, { thrown, seen });
  });
  const connection = { client, name, clock: target.clock, lost };
  const inTurn = createSlots(channelsAtOnce);
  return {
    name,
    run: (command, options = {}) => inTurn(() => runRemotely(connection, command, options)),
    close: async () => {
      lost.reason ??= "it was closed here";
      client.end();
    },
  };
}

function toConfig(target: SshTarget, seen: { key?: string; pinned?: boolean }): Config {
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

function explain(target: SshTarget, name: string, { thrown, seen }: Failure): Error {
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

interface Connection {
  readonly client: Client;
  readonly name: string;
  readonly clock: Clock;
  readonly lost: { reason?: string };
}

async function runRemotely(connection: Connection, command: Command, options: RunOptions): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const startedMs = connection.clock.monotonicMs();
  const { line, stdin } = toCommandLine(command, options);
  const opened = await openChannel(connection, line);
  const stdout = gather(opened.channel, options.onStdoutLine);
  const stderr = gather(opened.channel.stderr as Readable, options.onStderrLine);
  const end = await followToEnd(connection, opened, { options, stdin });
  const durationMs = connection.clock.monotonicMs() - startedMs;
  return { ...end, stdout: stdout.text(), stderr: stderr.text(), durationMs };
}

/** What the user's shell on the other side is given. A script travels on stdin, where no process list shows it. */
export function toCommandLine(command: Command, options: RunOptions): { line: string; stdin: RunOptions["stdin"] } {
  const alone = "script" in command && options.stdin === undefined;
  const argv = "argv" in command ? command.argv : alone ? ["sh", "-s"] : ["sh", "-c", command.script];
  const environment = Object.entries(options.environment ?? {}).map(([key, value]) => `${key}=${value}`);
  const program = environment.length > 0 ? ["env", ...environment, ...argv] : argv;
  const change = options.cwd === undefined ? "" : `cd -- ${quoteSh(options.cwd)} && `;
  return { line: `${change}${quoteArgv(program)}`, stdin: alone ? command.script : options.stdin };
}

type End = Pick<RunResult, "exitCode"> & { signal?: string };

interface OpenedChannel {
  readonly channel: ClientChannel;
  /** How the command ended; `undefined` when the channel closed without a word of it. */
  readonly ended: Promise<End | undefined>;
}

/** A session that ended a moment ago may still hold its place at the server: a refused channel is asked for again. */
async function openChannel(connection: Connection, line: string): Promise<OpenedChannel> {
  const { clock, name, lost } = connection;
  for (let attempt = 1; ; attempt++) {
    try {
      return await requestChannel(connection, line);
    } catch (cause) {
      const reason = (cause as Error).message;
      if (lost.reason !== undefined) throw fail("ssh-lost", { target: name, reason: lost.reason }, { cause });
      if (attempt === channelAttempts) throw fail("ssh-busy", { target: name, reason }, { cause });
      await clock.sleep(channelPauseMs);
    }
  }
}

function requestChannel({ client, lost }: Connection, line: string): Promise<OpenedChannel> {
  return new Promise((resolve, reject) => {
    if (lost.reason !== undefined) return reject(new Error(lost.reason));
    client.exec(line, (error, channel) => {
      // Listen at once: the exit code of a quick command lies in the same packet as the channel's opening.
      if (error) reject(error);
      else resolve({ channel, ended: endOf(channel) });
    });
  });
}

function endOf(channel: ClientChannel): Promise<End | undefined> {
  let end: End | undefined;
  channel.on("exit", (exitCode: number | null, signal?: string) => {
    end = signal ? { exitCode: null, signal: `SIG${signal.replace(/^SIG/, "")}` } : { exitCode };
  });
  return new Promise((resolve) => channel.on("close", () => resolve(end)));
}

interface Input {
  readonly options: RunOptions;
  readonly stdin: RunOptions["stdin"];
}

function followToEnd(
  connection: Connection,
  { channel, ended }: OpenedChannel,
  { options, stdin }: Input,
): Promise<End> {
  return new Promise((resolve, reject) => {
    const watch = endEarly({ clock: connection.clock, name: connection.name, options }, (reason) => {
      // Root's sessions can't be signalled (sshd without privilege separation): closing is what is left. What runs
      // there ends when it next writes.
      channel.close();
      reject(reason);
    });
    void ended.then((end) => {
      watch.stop();
      const reason = connection.lost.reason ?? "it ended without an exit code";
      if (end) resolve(end);
      else reject(fail("ssh-lost", { target: connection.name, reason }));
    });
    feed(channel, stdin);
  });
}

function feed(channel: ClientChannel, stdin: RunOptions["stdin"]): void {
  channel.on("error", () => {});
  if (stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array) {
    channel.end(stdin);
    return;
  }
  const source = Readable.from(stdin);
  source.on("error", () => channel.close());
  channel.on("close", () => source.destroy());
  source.pipe(channel);
}
