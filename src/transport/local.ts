import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Readable } from "node:stream";
import type { Clock } from "../clock.ts";
import { endEarly } from "./ending.ts";
import { gather } from "./lines.ts";
import type { Command, RunOptions, RunResult, Shell } from "./shell.ts";

/**
 * Runs on this machine. Each command leads its own process group, and timeout and abort end the whole group: a
 * caller that wants Ctrl-C to reach it passes a signal.
 */
export function createLocalShell({ clock }: { clock: Clock }): Shell {
  return {
    name: "local",
    run: (command, options = {}) => runLocally(clock, command, options),
    close: async () => {},
  };
}

function toArgv(command: Command, options: RunOptions): { argv: readonly string[]; stdin: RunOptions["stdin"] } {
  if ("argv" in command) return { argv: command.argv, stdin: options.stdin };
  if (options.stdin === undefined) return { argv: ["sh", "-s"], stdin: command.script };
  return { argv: ["sh", "-c", command.script], stdin: options.stdin };
}

function runLocally(clock: Clock, command: Command, options: RunOptions): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const { argv, stdin } = toArgv(command, options);
  const [program = "", ...rest] = argv;
  const startedMs = clock.monotonicMs();
  const child = spawn(program, rest, {
    detached: true,
    env: { ...process.env, ...options.environment },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const stdout = gather(child.stdout, options.onStdoutLine);
  const stderr = gather(child.stderr, options.onStderrLine);
  feed(child, stdin);
  return new Promise((resolve, reject) => {
    const watch = endEarly({ clock, name: "local", options }, (reason) => {
      killGroup(child);
      reject(reason);
    });
    const finish = (exitCode: number | null, signal: string | null, note = "") => {
      watch.stop();
      const durationMs = clock.monotonicMs() - startedMs;
      const ended = { exitCode, stdout: stdout.text(), stderr: stderr.text() + note, durationMs };
      resolve(signal ? { ...ended, signal } : ended);
    };
    child.on("error", (error: NodeJS.ErrnoException) =>
      finish(error.code === "ENOENT" ? 127 : 126, null, error.message),
    );
    child.on("close", (exitCode, signal) => finish(exitCode, signal));
  });
}

function feed(child: ChildProcessWithoutNullStreams, stdin: RunOptions["stdin"]): void {
  // A command may end without having read its input: that is its business, told by its exit code.
  child.stdin.on("error", () => {});
  if (stdin === undefined || typeof stdin === "string" || stdin instanceof Uint8Array) {
    child.stdin.end(stdin);
    return;
  }
  const source = Readable.from(stdin);
  source.on("error", () => killGroup(child));
  child.on("close", () => source.destroy());
  source.pipe(child.stdin);
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended between the question and the signal.
  }
}
