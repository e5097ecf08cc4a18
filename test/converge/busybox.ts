import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";

/** Words that start busybox's sh with nothing but busybox in its PATH, and what it lacks: flock, and these programs. */
export function bareBusybox(t: ExecutionContext, ...more: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "provision-busybox-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  execFileSync("busybox", ["--install", "-s", folder]);
  for (const program of ["flock", ...more]) {
    symlinkSync(execFileSync("which", [program], { encoding: "utf8" }).trim(), join(folder, program));
  }
  return ["env", `PATH=${folder}`, "busybox", "sh"];
}

export const interpreters = [
  { name: "dash", start: (_: ExecutionContext, ..._more: readonly string[]): readonly string[] => ["dash"] },
  { name: "busybox alone", start: bareBusybox },
] as const;
