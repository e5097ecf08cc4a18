import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import { fail } from "./errors.ts";

/** Beside the old controllers (hybrid), or as the only hierarchy. cgroups(7) */
const hierarchies = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

export const groupFolder = (lab: string) => join(unified(), lab);

function unified(): string {
  const found = hierarchies.find((folder) => existsSync(join(folder, "cgroup.procs")) && !isLegacy(folder));
  if (!found) throw fail("hosts-no-cgroup2", {});
  return found;
}

/** Only cgroup v2 has this file. */
const isLegacy = (folder: string) => !existsSync(join(folder, "cgroup.controllers"));

/** @throws `hosts-no-cgroup2` where it can't be written to */
export function makeGroup(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw fail("hosts-no-cgroup2", {}, { cause });
  }
}

const pollMs = 20;
const patienceMs = 20_000;

/** Kills every process in it and below, and removes it; quiet when it isn't there. */
export async function removeGroup(folder: string, clock: Clock): Promise<void> {
  const until = clock.monotonicMs() + patienceMs;
  while (existsSync(folder)) {
    killAll(folder);
    if (removeEmpty(folder)) return;
    if (clock.monotonicMs() > until) throw fail("hosts-command-failed", { doing: `ending ${folder}`, output: "" });
    await clock.sleep(pollMs);
  }
}

/** Linux 5.14 has one file for it; before, one process after the other. */
function killAll(folder: string): void {
  const kill = join(folder, "cgroup.kill");
  const pids = existsSync(kill) ? [] : groupsBelow(folder).flatMap(processesIn);
  if (existsSync(kill)) writeFileSync(kill, "1");
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between the look and the signal.
    }
  }
}

/** Deepest first. */
function groupsBelow(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...below.flatMap(({ name }) => groupsBelow(join(folder, name))), folder];
}

const processesIn = (folder: string) =>
  readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);

function removeEmpty(folder: string): boolean {
  try {
    for (const group of groupsBelow(folder)) rmdirSync(group);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
