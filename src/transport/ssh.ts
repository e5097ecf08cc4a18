import { Readable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import type { Clock } from "../clock.ts";
import type { Secret } from "../secret.ts";
import { endEarly } from "./ending.ts";
import { fail } from "./errors.ts";
import { gather } from "./lines.ts";
import { quoteArgv, quoteSh } from "./quote.ts";
import type { Command, RunOptions, RunResult, Shell } from "./shell.ts";
import { createSlots } from "./slots.ts";
import { nameOf, type OpenClient, openClient, type SshHop, travel } from "./ssh-client.ts";

export interface SshTarget extends SshHop {
  readonly privateKey: Secret;
  /** Machines to go through, in order; each has the same key authorized, and its own host key pinned. */
  readonly jump?: readonly SshHop[];
  /** For the connection, from TCP to the accepted key; at each hop anew. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** sshd allows 10 channels on a connection (sshd_config(5), MaxSessions) and refuses the next; two are left for leftovers. */
const channelsAtOnce = 8;
const channelAttempts = 20;
const channelPauseMs = 250;

/**
 * Opens one connection and keeps it; each `run` is a channel on it. When the connection breaks, runs throw `ssh-lost`
 * and the owner connects again. Throws `ssh-refused`, `ssh-timeout`, `ssh-auth-failed`, `ssh-host-key-changed`; with a
 * hop's name when it is one on the way, and `ssh-jump-refused` when that one doesn't lead on.
 */
export async function connectSsh(target: SshTarget): Promise<Shell> {
  const { client, lost } = await openThrough(target);
  const connection = { client, name: nameOf(target), clock: target.clock, lost };
  const inTurn = createSlots(channelsAtOnce);
  return {
    name: connection.name,
    run: (command, options = {}) => inTurn(() => runRemotely(connection, command, options)),
    close: async () => {
      lost.reason ??= "it was closed here";
      client.end();
    },
  };
}

async function openThrough(target: SshTarget): Promise<OpenClient> {
  const passage = await travel(target.jump ?? [], target);
  try {
    const opened = await openClient(target, await passage.sock(target));
    opened.client.once("close", passage.close);
    return opened;
  } catch (thrown) {
    passage.close();
    throw thrown;
  }
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
