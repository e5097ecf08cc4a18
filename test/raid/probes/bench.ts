import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { systemClock } from "../../../src/clock.ts";
import type { Probe, ProbeReport, ProbeSettings } from "../../../src/raid/probes/probe.ts";
import { probeProgram, readProbes } from "../../../src/raid/probes/run.ts";
import { createLocalShell } from "../../../src/transport/local.ts";
import type { RunResult } from "../../../src/transport/shell.ts";

const local = createLocalShell({ clock: systemClock });

/** A folder with tools of our own that come before the machine's, and a shell to run programs with. */
export interface Bench {
  readonly path: (name: string) => string;
  /** A tool as POSIX sh. */
  tool(name: string, script: string): void;
  /** A program of the machine's under another name. */
  copy(from: string, name: string): void;
  file(name: string, content: string | Uint8Array, modified?: Date): string;
  run(script: string): Promise<RunResult>;
  ask(probes: readonly Probe[], settings?: ProbeSettings): Promise<readonly ProbeReport[]>;
}

export const shells = ["dash", "busybox"] as const;

export function makeBench(t: ExecutionContext, shell: (typeof shells)[number]): Bench {
  const folder = mkdtempSync(join(tmpdir(), "probes-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const tools = path("bin");
  mkdirSync(tools);
  symlinkSync(shell === "dash" ? "/usr/bin/dash" : "/usr/bin/busybox", join(tools, "sh"));
  if (shell === "busybox") for (const name of applets) symlinkSync("/usr/bin/busybox", join(tools, name));
  const run = (script: string) =>
    local.run(
      { argv: [join(tools, "sh"), "-s"] },
      { stdin: script, environment: { PATH: `${tools}:${process.env.PATH}` } },
    );
  return {
    path,
    tool: (name, script) => {
      rmSync(join(tools, name), { force: true });
      writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(tools, name), 0o755);
    },
    copy: (from, name) => copyFileSync(from, join(tools, name)),
    file: (name, content, modified) => {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), content);
      if (modified) utimesSync(path(name), modified, modified);
      return path(name);
    },
    run,
    ask: async (probes, settings = { backups: [] }) => {
      const { stdout } = await run(probeProgram(probes, settings));
      return readProbes(stdout, probes, settings);
    },
  };
}

/** A host of busybox's has these of it, too. */
const applets = [
  "timeout",
  "sed",
  "awk",
  "find",
  "stat",
  "sort",
  "head",
  "tail",
  "mktemp",
  "date",
  "gzip",
  "tr",
  "grep",
  "uname",
];
