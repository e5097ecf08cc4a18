import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import type { FirstConverge } from "./first-converge.ts";
import { startFleet } from "./fleet.ts";
import { run } from "./host.ts";
import { machineCpuMs } from "./measure.ts";
import { fleetSize, type Stage } from "./stage.ts";
import { workload } from "./workload.ts";

export interface FleetRounds {
  readonly hosts: number;
  readonly ms: readonly number[];
  readonly controllerCpuMs: readonly number[];
  /** Everybody's: hosts, kernel and controller share the processors. */
  readonly machineCpuMs: readonly number[];
  readonly bytes: readonly number[];
  readonly residentBytes: readonly number[];
  /** The hand-written script by as many ssh processes at once. */
  readonly scriptMs: readonly number[];
  readonly scriptMachineCpuMs: readonly number[];
}

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
  try {
    return await rounds(stage, fleet.hosts);
  } finally {
    await fleet.stop();
  }
}

async function rounds(stage: Stage, hosts: Parameters<Stage["engine"]["ask"]>[0]["hosts"]): Promise<FleetRounds> {
  const own: Record<Exclude<keyof FleetRounds, "hosts">, number[]> = {
    ms: [],
    controllerCpuMs: [],
    machineCpuMs: [],
    bytes: [],
    residentBytes: [],
    scriptMs: [],
    scriptMachineCpuMs: [],
  };
  const work = workload(100);
  for (let round = 0; round < (stage.quick ? 1 : 4); round++) {
    const [bytes, cpu] = [stage.network.bytes(), machineCpuMs()];
    const answer = await stage.engine.ask({ op: "plan", connection: "cold", size: 100, hosts });
    if (answer.changes > 0) throw new Error(`the fleet differs in ${answer.changes} resources`);
    // The first round loads what Node loads lazily, and the hosts' own caches.
    if (round === 0 && !stage.quick) continue;
    own.ms.push(answer.ms);
    own.controllerCpuMs.push(answer.cpuMs);
    own.residentBytes.push(answer.residentBytes);
    own.machineCpuMs.push(machineCpuMs() - cpu);
    own.bytes.push(stage.network.bytes() - bytes);
    const [startedMs, cpuBefore] = [systemClock.monotonicMs(), machineCpuMs()];
    await Promise.all(hosts.map(({ address, hostKey }) => stage.script(address, hostKey, work)));
    own.scriptMs.push(systemClock.monotonicMs() - startedMs);
    own.scriptMachineCpuMs.push(machineCpuMs() - cpuBefore);
    stage.say(
      `${hosts.length} hosts: ${(answer.ms / 1000).toFixed(2)} s, script ${(own.scriptMs.at(-1)! / 1000).toFixed(2)} s`,
    );
  }
  return { hosts: hosts.length, ...own };
}
