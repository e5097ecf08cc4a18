import type { BenchHost } from "./host.ts";
import { problemsOf } from "./judge.ts";
import type { Timed } from "./measure.ts";
import { median } from "./measure.ts";
import type { Stage } from "./stage.ts";
import { sizeOf, type Workload, workload } from "./workload.ts";

export interface FirstTimes {
  readonly ours: readonly number[];
  readonly puppet: readonly number[];
  readonly ansible: readonly number[];
  readonly ourExecutions: number;
}

export interface FirstConverge {
  readonly times: FirstTimes;
  /** The host that was converged last, running. */
  readonly host: BenchHost;
}

/** A fresh host for each engine and round, from bare to converged; the judge says whether it is. */
export async function measureFirst(stage: Stage): Promise<FirstConverge> {
  const work = workload(100);
  const ours: number[] = [];
  const peers: Record<"puppet" | "ansible", number[]> = { puppet: [], ansible: [] };
  let executions = 0;
  for (let round = 0; round < (stage.quick ? 0 : 1); round++) {
    for (const peer of ["puppet", "ansible"] as const) {
      const timed = await onFreshHost(stage, work, async (host) => succeed(await stage[peer](host, work), [0, 2]).ms);
      peers[peer].push(timed);
      stage.say(`first converge, ${peer}: ${(timed / 1000).toFixed(1)} s`);
    }
  }
  let host: BenchHost | undefined;
  for (let round = 0; round < (stage.quick ? 1 : 3); round++) {
    await host?.stop();
    const fresh = await bareHost(stage, work, `ours-${round}`);
    const answer = await stage.engine.ask({ op: "converge", size: 100, hosts: [loginOf(fresh)] });
    assertConverged(fresh, work, "provision");
    ours.push(answer.ms);
    executions = answer.executions;
    host = fresh;
  }
  stage.say(`first converge, provision: ${(median(ours) / 1000).toFixed(1)} s`);
  return { times: { ours, ...peers, ourExecutions: executions }, host: host as BenchHost };
}

export const loginOf = ({ address, hostKey }: BenchHost) => ({ address, port: 22, hostKey });

export function assertConverged(host: BenchHost, work: Workload, who: string): void {
  const problems = problemsOf(host.root, work);
  if (problems.length > 0) throw new Error(`${who} did not converge the host:\n${problems.slice(0, 10).join("\n")}`);
}

export function succeed(timed: Timed, good: readonly number[]): Timed {
  if (good.includes(timed.exitCode)) return timed;
  throw new Error(`a peer ended with ${timed.exitCode}:\n${timed.stdout.slice(-3000)}\n${timed.stderr.slice(-3000)}`);
}

async function bareHost(stage: Stage, work: Workload, name: string): Promise<BenchHost> {
  const host = await stage.freshHost(name);
  const missing = problemsOf(host.root, work).length;
  if (missing !== sizeOf(work)) throw new Error(`a bare host lacks ${missing} of ${sizeOf(work)} resources`);
  return host;
}

async function onFreshHost(stage: Stage, work: Workload, measure: (host: BenchHost) => Promise<number>) {
  const host = await bareHost(stage, work, "peer");
  const ms = await measure(host);
  assertConverged(host, work, "a peer");
  await host.stop();
  return ms;
}
