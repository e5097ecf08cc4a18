import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Clock } from "../../clock.ts";
import { processesDir } from "./files.ts";

/** Who a process is beyond its number, which the kernel gives to others later: only our own is ever signalled. */
export interface ProcessRecord {
  readonly what: string;
  readonly pid: number;
  /** When it started, in clock ticks since the machine's start. proc_pid_stat(5), field 22. */
  readonly startTicks: number;
  readonly bootId: string;
}

const bootId = () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Field 22 of /proc/PID/stat; `undefined` when there is no such process, or only its exit status is left (Z, X). */
export function startTicksOf(pid: number): number | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The second field is the program's name in parentheses, and may itself hold blanks and parentheses. */
export function parseStat(stat: string): number | undefined {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTicks = Number(fields[18]);
  return state === "Z" || state === "X" || Number.isNaN(startTicks) ? undefined : startTicks;
}

/** Writes down a process that just started, so that whoever comes later can end it. */
export function recordProcess(runDir: string, what: string, pid: number): void {
  const startTicks = startTicksOf(pid);
  if (startTicks === undefined) return;
  mkdirSync(processesDir(runDir), { recursive: true });
  const record: ProcessRecord = { what, pid, startTicks, bootId: bootId() };
  writeFileSync(`${processesDir(runDir)}/${what}.json`, JSON.stringify(record));
}

export function forgetProcess(runDir: string, what: string): void {
  rmSync(`${processesDir(runDir)}/${what}.json`, { force: true });
}

/** All that is written down, dead or alive. A record cut short by a crash is left out. */
export function recordedProcesses(runDir: string): ProcessRecord[] {
  return namesIn(processesDir(runDir)).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(`${processesDir(runDir)}/${name}`, "utf8")) as ProcessRecord];
    } catch {
      return [];
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export const isAlive = (record: ProcessRecord) =>
  startTicksOf(record.pid) === record.startTicks && record.bootId === bootId();

/** The recorded process of that name, if it lives. */
export const livingProcess = (runDir: string, what: string) =>
  recordedProcesses(runDir).find((record) => record.what === what && isAlive(record));

/** Other processes whose sockets are made in the network namespace of that name, by its inode. namespaces(7) */
export function processesInNamespace(namespace: string): number[] {
  const inode = inodeOf(`/run/netns/${namespace}`);
  return namesIn("/proc")
    .filter((name) => /^\d+$/.test(name) && inode !== undefined && inodeOf(`/proc/${name}/ns/net`) === inode)
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

const pollMs = 50;

/** Asks (SIGTERM), waits up to `graceMs`, then insists (SIGKILL); resolves when it is gone. */
export async function endProcess(record: ProcessRecord, clock: Clock, graceMs: number): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGTERM", graceMs],
    ["SIGKILL", 5000],
  ] as const) {
    if (!isAlive(record)) return;
    send(record.pid, signal);
    const end = clock.monotonicMs() + patienceMs;
    while (isAlive(record) && clock.monotonicMs() < end) await clock.sleep(pollMs);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}
