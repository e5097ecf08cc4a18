import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertConverged, loginOf, succeed } from "./first-converge.ts";
import type { BenchHost } from "./host.ts";
import { installedPackages } from "./judge.ts";
import type { Timed } from "./measure.ts";
import type { Stage } from "./stage.ts";
import { newPackages, type Workload, workload } from "./workload.ts";

/** One engine's rounds on a host on which nothing is to do. */
export interface Rounds {
  readonly ms: readonly number[];
  readonly cpuMs: readonly number[];
  readonly bytes: readonly number[];
  /** By the journal of the host's sshd. */
  readonly sessions: readonly number[];
}

export const cases = [
  "script",
  "quickScript",
  "cold",
  "kept",
  "command",
  "large",
  "largeScript",
  "puppet",
  "ansible",
] as const;
export type Case = (typeof cases)[number];
export type Unchanged = Readonly<Record<Case, Rounds>>;

interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
  /** Resources that it found different, by its own words. */
  readonly changes: number;
}

type Runner = () => Promise<Sample>;

/** Rounds of all engines in turn. A run that found something to change, or a host that isn't converged, is an error. */
export async function measureUnchanged(stage: Stage, host: BenchHost): Promise<Unchanged> {
  const work = workload(100);
  const present = [...installedPackages(host.root)].filter((name) => !newPackages.some((one) => one === name)).sort();
  const large = workload(1000, present);
  await stage.engine.ask({ op: "converge", size: 1000, present, hosts: [loginOf(host)] });
  assertConverged(host, large, "provision");
  const runners = runnersOf(stage, host, { work, large, present });
  if (!stage.quick) await proveAttention(host, work, runners);
  const rounds: Record<Case, { ms: number[]; cpuMs: number[]; bytes: number[]; sessions: number[] }> =
    Object.fromEntries(cases.map((one) => [one, { ms: [], cpuMs: [], bytes: [], sessions: [] }])) as never;
  for (let round = 0; round < (stage.quick ? 1 : 7); round++) {
    for (const one of cases) {
      if (!isDue(one, round, stage.quick)) continue;
      const [bytes, sessions] = [stage.network.bytes(), host.sessions()];
      const sample = await runners[one]();
      if (sample.changes !== 0) throw new Error(`${one} saw ${sample.changes} changes where nothing was changed`);
      rounds[one].ms.push(sample.ms);
      rounds[one].cpuMs.push(sample.cpuMs);
      rounds[one].bytes.push(stage.network.bytes() - bytes);
      rounds[one].sessions.push(host.sessions() - sessions);
      stage.say(`no change, ${one}: ${(sample.ms / 1000).toFixed(3)} s`);
    }
  }
  assertConverged(host, large, "after the rounds: somebody");
  return rounds;
}

const isDue = (one: Case, round: number, quick: boolean) =>
  one === "ansible" ? !quick && round < 2 : one === "puppet" ? !quick && round < 3 : true;

function runnersOf(
  stage: Stage,
  host: BenchHost,
  { work, large, present }: { work: Workload; large: Workload; present: readonly string[] },
): Readonly<Record<Case, Runner>> {
  const hosts = [loginOf(host)];
  const counted = (timed: Timed, changes: number): Sample => ({ ms: timed.ms, cpuMs: timed.cpuMs, changes });
  const script = (how: "script" | "quickScript", asked: Workload) => async () => {
    const timed = succeed(await stage[how](host, asked), [0]);
    return counted(timed, timed.stdout.split("\n").filter((line) => line !== "").length);
  };
  const plan = (connection: "cold" | "kept", size: number) => () =>
    stage.engine.ask({ op: "plan", connection, size, present, hosts });
  return {
    script: script("script", work),
    quickScript: script("quickScript", work),
    largeScript: script("script", large),
    cold: plan("cold", 100),
    kept: plan("kept", 100),
    large: plan("cold", 1000),
    command: async () => {
      const timed = succeed(await stage.command(host), [0]);
      return counted(timed, (JSON.parse(timed.stdout) as { changes: unknown[] }).changes.length);
    },
    puppet: async () => {
      const timed = succeed(await stage.puppet(host, work), [0, 2]);
      return counted(timed, timed.stdout.split("\n").filter((line) => / content changed /.test(line)).length);
    },
    ansible: async () => {
      const timed = succeed(await stage.ansible(host, work), [0]);
      return counted(timed, Number(/changed=(\d+)\b/.exec(timed.stdout)?.[1]));
    },
  };
}

/** No engine's silence counts unless it notices: one byte of one file is changed, its size and time kept. */
async function proveAttention(host: BenchHost, work: Workload, runners: Readonly<Record<Case, Runner>>): Promise<void> {
  const file = join(host.root, work.files[31]?.path ?? "");
  const [text, { atime, mtime }] = [readFileSync(file), statSync(file)];
  for (const one of cases) {
    const spoilt = Buffer.from(text);
    spoilt[spoilt.length - 2] = (spoilt[spoilt.length - 2] ?? 0) ^ 1;
    writeFileSync(file, spoilt);
    utimesSync(file, atime, mtime);
    const { changes } = await runners[one]();
    writeFileSync(file, text);
    if (changes !== 1) throw new Error(`${one} saw ${changes} changes where one file was changed`);
  }
}
