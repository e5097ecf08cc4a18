import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import type { EngineHost } from "./engine.ts";
import type { FirstConverge } from "./first-converge.ts";
import { startFleet } from "./fleet.ts";
import { run } from "./host.ts";
import { type Engine, machineCpuMs, median } from "./measure.ts";
import { fleetSize, type Stage } from "./stage.ts";
import { workload } from "./workload.ts";

export interface FleetRounds {
  readonly hosts: number;
  readonly rounds: readonly Round[];
  /** The most memory that the controller's process had in use. */
  readonly peakBytes: number;
  /** By which that rose for each host beyond the first ten. */
  readonly bytesPerHost: number;
}

interface Round {
  readonly ms: number;
  readonly controllerCpuMs: number;
  /** Everybody's: hosts, kernel and controller share the processors. */
  readonly machineCpuMs: number;
  readonly bytes: number;
  /** The hand-written script by as many ssh processes at once. */
  readonly scriptMs: number;
  readonly scriptMachineCpuMs: number;
}

/** The median of one of the numbers. */
export const ofRounds = ({ rounds }: FleetRounds, key: keyof Round) => median(rounds.map((round) => round[key]));

/** Fifty hosts at once, each over a new connection, nothing to change. Ends the host whose files they start from. */
export async function measureFleet(stage: Stage, { host }: FirstConverge): Promise<FleetRounds> {
  const converged = join(stage.folder, "converged");
  const { hostKey } = host;
  await host.halt();
  run("cp", "-a", host.upper, converged);
  await host.stop();
  const layers = [converged, ...stage.layers];
  const { namespace } = stage.network;
  const folder = join(stage.folder, "fleet");
  const fleet = await startFleet({ count: fleetSize, layers, folder, namespace, hostKey });
  const engine = stage.freshEngine();
  try {
    return await rounds({ stage, engine, hosts: fleet.hosts });
  } finally {
    engine.stop();
    await fleet.stop();
  }
}

/** So many are worked on at a time: for them the process grows in any case. */
const few = 10;

interface Crew {
  readonly stage: Stage;
  readonly engine: Engine;
  readonly hosts: readonly EngineHost[];
}

async function rounds(crew: Crew): Promise<FleetRounds> {
  const { stage, engine, hosts } = crew;
  const plan = { op: "plan", connection: "cold", size: 100 } as const;
  let peak = 0;
  for (let round = 0; round < 5; round++) peak = (await engine.ask({ ...plan, hosts: hosts.slice(0, few) })).peakBytes;
  const own: Round[] = [];
  // The first round fills the hosts' own caches.
  for (let round = stage.quick ? 1 : 0; round < (stage.quick ? 2 : 5); round++) {
    const one = await measureRound(crew);
    if (round > 0) own.push(one);
    stage.say(`${hosts.length} hosts: ${(one.ms / 1000).toFixed(2)} s, script ${(one.scriptMs / 1000).toFixed(2)} s`);
  }
  const { peakBytes } = await engine.ask({ ...plan, hosts: hosts.slice(0, 1) });
  return { hosts: hosts.length, peakBytes, bytesPerHost: (peakBytes - peak) / (hosts.length - few), rounds: own };
}

async function measureRound({ stage, engine, hosts }: Crew): Promise<Round> {
  const [bytes, cpu] = [stage.network.bytes(), machineCpuMs()];
  const answer = await engine.ask({ op: "plan", connection: "cold", size: 100, hosts });
  if (answer.changes > 0) throw new Error(`the fleet differs in ${answer.changes} resources`);
  const [bytesAfter, cpuAfter] = [stage.network.bytes(), machineCpuMs()];
  const work = workload(100);
  const startedMs = systemClock.monotonicMs();
  await Promise.all(hosts.map((place) => stage.script(place, work)));
  return {
    ms: answer.ms,
    controllerCpuMs: answer.cpuMs,
    machineCpuMs: cpuAfter - cpu,
    bytes: bytesAfter - bytes,
    scriptMs: systemClock.monotonicMs() - startedMs,
    scriptMachineCpuMs: machineCpuMs() - cpuAfter,
  };
}
