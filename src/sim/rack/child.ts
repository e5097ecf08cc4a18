import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Clock } from "../../clock.ts";
import { type ErrorRecord, ProvisionError } from "../../errors.ts";
import { fail } from "./errors.ts";
import { recordProcess } from "./processes.ts";

/** What a long-running process of the rack tells who started it, once. */
export type Greeting = { readonly kind: "ready" } | { readonly kind: "failed"; readonly error: ErrorRecord };

export interface LongRunning {
  /** Its name in the records, and in failures. */
  readonly what: string;
  readonly argv: readonly string[];
  readonly runDir: string;
  readonly log: string;
  readonly clock: Clock;
}

const startPatienceMs = 30_000;

/**
 * Starts a process of ours that outlives us, in a session of its own, and waits for its {@link Greeting}.
 * @throws its own error, or `rack-process-failed` with the end of its log
 */
export async function startLongRunning(o: LongRunning): Promise<number> {
  const [program = "", ...rest] = o.argv;
  const output = openSync(o.log, "a", 0o600);
  const env = { PATH: `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin` };
  const child = spawn(program, rest, { detached: true, cwd: "/", env, stdio: ["ignore", output, output, "ipc"] });
  closeSync(output);
  try {
    const greeting = greetingOf(child, o);
    if (child.pid !== undefined) recordProcess(o.runDir, o.what, child.pid);
    await greeting;
    return child.pid as number;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function greetingOf(child: ChildProcess, o: LongRunning): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) => {
      cancel();
      const told = readFileSync(o.log, "utf8").trim().split("\n").slice(-5).join(" / ");
      reject(fail("rack-process-failed", { what: o.what, detail: told ? `${why}: ${told}` : why }));
    };
    const cancel = o.clock.after(startPatienceMs, () => failed(`silent for ${startPatienceMs / 1000} s`));
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code, signal) => failed(`it ended with ${code ?? signal}`));
    child.once("message", (greeting: Greeting) => {
      cancel();
      if (greeting.kind === "ready") resolve();
      else reject(new ProvisionError(greeting.error));
    });
  });
}

/** The other side of {@link startLongRunning}: says the greeting, if anybody waits for it. */
export function greet(greeting: Greeting): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(greeting, () => resolve());
    else resolve();
  });
}
