import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyPair } from "../../src/transport/keys.ts";
import { fleetAddresses } from "./fleet.ts";
import { type BenchHost, hostAddress, type Network, openNetwork, startHost, sweep } from "./host.ts";
import { hostLayers } from "./layer.ts";
import { type Engine, startEngine, type Timed, timeProcess } from "./measure.ts";
import { type PeerRuns, peerRuns } from "./peer-runs.ts";
import { installProgram } from "./program.ts";
import { workload } from "./workload.ts";

/** Where the measurements take place: the network, the hosts' layers, our engine's process, the peers. */
export interface Stage extends PeerRuns {
  readonly quick: boolean;
  readonly folder: string;
  readonly network: Network;
  readonly layers: readonly string[];
  readonly engine: Engine;
  say(line: string): void;
  /** Another process of our engine. */
  freshEngine(): Engine;
  freshHost(name: string): Promise<BenchHost>;
  /** `bin/provision plan`, a whole process from start to end. */
  command(host: BenchHost): Promise<Timed>;
  close(): Promise<void>;
}

export const fleetSize = 50;

export async function openStage({ quick, say }: Pick<Stage, "quick" | "say">): Promise<Stage> {
  const layers = hostLayers(say);
  const kept = "/var/cache/provision-dev/bench";
  sweep(kept);
  const folder = `${kept}/run-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const operator = createKeyPair("bench");
  const [identity, privateKey] = [join(folder, "id"), operator.privateKey.reveal()];
  writeFileSync(identity, privateKey, { mode: 0o600 });
  const network = openNetwork(["192.0.2.1", hostAddress, ...fleetAddresses(fleetSize)]);
  const { namespace } = network;
  const engine = startEngine(namespace, privateKey);
  const programFor = installProgram(folder, workload(100), privateKey);
  const opened: BenchHost[] = [];
  return {
    ...{ quick, say, folder, network, layers, engine },
    ...peerRuns({ folder, identity, namespace }),
    freshEngine: () => startEngine(namespace, privateKey),
    freshHost: async (name) => {
      const request = { layers, folder: join(folder, name), namespace, publicKey: operator.publicKey };
      const host = await startHost(request);
      opened.push(host);
      await settle(host);
      return host;
    },
    command: (host) => {
      const { argv, environment } = programFor(host);
      return timeProcess({ argv: ["ip", "netns", "exec", namespace, ...argv], environment });
    },
    close: async () => {
      engine.stop();
      for (const host of opened) await host.stop();
      network.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a machine does in its first seconds isn't measured. */
async function settle(host: BenchHost): Promise<void> {
  host.inside(`n=0; while [ $n -lt 60 ]; do
  case $(systemctl is-system-running) in running|degraded) break ;; esac; n=$((n + 1)); sleep 0.5; done; sync`);
}
