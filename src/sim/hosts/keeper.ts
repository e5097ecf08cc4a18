import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

export interface Keeper {
  readonly argv: readonly string[];
  /** The control group in which it lives, and by which it is ended with all that it starts. */
  readonly group: string;
  /** What it prints. */
  readonly log: string;
}

/** Starts a process that belongs to a lab, in a session of its own: it may outlive us, when hosts are kept. */
export function startKeeper({ argv, group, log }: Keeper): ChildProcess {
  const output = openSync(log, "a", 0o600);
  const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  const child = spawn("sh", ["-c", enter, group, ...argv], {
    detached: true,
    cwd: "/",
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.on("error", () => {});
  child.unref();
  return child;
}
