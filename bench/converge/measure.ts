import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { systemClock } from "../../src/clock.ts";
import type { EngineAnswer, EngineRequest } from "./engine.ts";

export interface Timed {
  /** From start to end of the process, by the monotonic clock. */
  readonly ms: number;
  /** Of the process and those of its children that it waited for; in steps of 10 ms. */
  readonly cpuMs: number;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TimedRequest {
  readonly argv: readonly string[];
  readonly input?: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A whole process from start to end. */
export async function timeProcess({ argv, input = "", cwd, environment }: TimedRequest): Promise<Timed> {
  // times (POSIX.1, 2.14 times): the second line is what the children used.
  const script = 'exec 3>&1; "$@"; rc=$?; times >&2; exit $rc';
  const startedMs = systemClock.monotonicMs();
  const child = spawn("sh", ["-c", script, "sh", ...argv], {
    env: { ...process.env, ...environment },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (part) => {
    output.stdout += part;
  });
  child.stderr.on("data", (part) => {
    output.stderr += part;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const exitCode = await new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  const ms = systemClock.monotonicMs() - startedMs;
  const lines = output.stderr.trimEnd().split("\n");
  const cpuMs = [...(lines.at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1000)
    .reduce((sum, one) => sum + one, 0);
  return { ms, cpuMs, exitCode, stdout: output.stdout, stderr: lines.slice(0, -2).join("\n") };
}

export interface Engine {
  ask(request: EngineRequest): Promise<EngineAnswer>;
  stop(): void;
}

/** Our engine in a process of its own inside a network namespace. */
export function startEngine(namespace: string, privateKey: string): Engine {
  const file = new URL("engine.ts", import.meta.url).pathname;
  const argv = ["netns", "exec", namespace, process.execPath, "--disable-warning=ExperimentalWarning", file];
  const child: ChildProcessWithoutNullStreams = spawn("ip", argv, { env: { ...process.env, BENCH_KEY: privateKey } });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout });
  return {
    async ask(request) {
      const reply = nextLine(lines, child);
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const answer = JSON.parse(await reply) as EngineAnswer & { error?: string };
      if (answer.error) throw new Error(`the engine failed: ${answer.error}`);
      return answer;
    },
    stop: () => child.stdin.end(),
  };
}

function nextLine(lines: Interface, child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("the engine's process ended"));
    child.once("exit", ended);
    lines.once("line", (line) => {
      child.off("exit", ended);
      resolve(line);
    });
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}

/** Processor time of the whole machine so far, in ms: user, nice, system, irq, softirq (proc(5); USER_HZ is 100). */
export function machineCpuMs(): number {
  const [, user, nice, system, , , irq, softirq] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(
    /\s+/,
  );
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}
