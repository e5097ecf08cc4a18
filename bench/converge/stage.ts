import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyPair } from "../../src/transport/keys.ts";
import { fleetAddresses } from "./fleet.ts";
import { type BenchHost, hostAddress, type Network, openNetwork, run, startHost } from "./host.ts";
import { sha256 } from "./judge.ts";
import { hostLayers } from "./layer.ts";
import { type Engine, startEngine, type Timed, timeProcess } from "./measure.ts";
import { checkScript, writeAnsible, writePuppet } from "./peers.ts";
import type { Workload } from "./workload.ts";

/** Where the measurements take place: the network, the hosts' layers, the key, our engine's process. */
export interface Stage {
  readonly quick: boolean;
  readonly folder: string;
  readonly network: Network;
  readonly layers: readonly string[];
  readonly engine: Engine;
  say(line: string): void;
  freshHost(name: string): Promise<BenchHost>;
  /** The peers' own programs, each a whole process from start to end. */
  ansible(host: BenchHost, work: Workload): Promise<Timed>;
  puppet(host: BenchHost, work: Workload): Promise<Timed>;
  script(address: string, hostKey: string, work: Workload): Promise<Timed>;
  /** Our own whole process. */
  process(host: BenchHost): Promise<Timed>;
  versions(): Versions;
  close(): Promise<void>;
}

export interface Versions {
  readonly ansible: string;
  readonly openssh: string;
  readonly kernel: string;
}

export const fleetSize = 50;

export async function openStage({ quick, say }: Pick<Stage, "quick" | "say">): Promise<Stage> {
  const layers = hostLayers(say);
  const folder = `/var/cache/provision-dev/bench/run-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const operator = createKeyPair("bench");
  const identity = join(folder, "id");
  writeFileSync(identity, operator.privateKey.reveal(), { mode: 0o600 });
  const network = openNetwork(["192.0.2.1", hostAddress, ...fleetAddresses(fleetSize)]);
  const engine = startEngine(network.namespace, operator.privateKey.reveal());
  const inNetwork = ["ip", "netns", "exec", network.namespace];
  const opened: BenchHost[] = [];
  return {
    quick,
    say,
    folder,
    network,
    layers,
    engine,
    freshHost: async (name) => {
      const request = { layers, folder: join(folder, name), namespace: network.namespace };
      const host = await startHost({ ...request, publicKey: operator.publicKey });
      opened.push(host);
      await settle(host);
      return host;
    },
    ansible: async (host, work) => {
      const own = join(folder, "ansible");
      rmSync(join(own, "cp"), { recursive: true, force: true });
      const ssh = sshOptions(identity, knownHosts(folder, host.address, host.hostKey));
      writeAnsible(own, work, { address: host.address, ssh });
      const argv = [...inNetwork, "ansible-playbook", "-e", "@work.json", "site.yml"];
      const timed = await timeProcess({ argv, cwd: own, environment: { ANSIBLE_NOCOLOR: "1" } });
      closeMaster(own, inNetwork);
      return timed;
    },
    puppet: async (host, work) => {
      writePuppet(join(host.root, "srv/puppet"), work);
      const modules = "--modulepath /srv/puppet/modules:/usr/share/puppet/modules";
      const command = `puppet apply --color=false --detailed-exitcodes ${modules} /srv/puppet/site.pp`;
      return timeProcess({ argv: host.entering(command) });
    },
    script: async (address, hostKey, work) => {
      const ssh = sshOptions(identity, knownHosts(folder, address, hostKey));
      const argv = [...inNetwork, "ssh", ...ssh, `root@${address}`, "sh", "-s"];
      return timeProcess({ argv, input: checkScript(work, sha256) });
    },
    process: async ({ address, hostKey }) => {
      const program = new URL("plan-once.ts", import.meta.url).pathname;
      const argv = [...inNetwork, process.execPath, "--disable-warning=ExperimentalWarning", program, address, hostKey];
      return timeProcess({ argv, environment: { BENCH_KEY: operator.privateKey.reveal() } });
    },
    versions,
    close: async () => {
      engine.stop();
      for (const host of opened) await host.stop();
      network.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const sshOptions = (identity: string, known: string) =>
  ["-F/dev/null", `-i${identity}`, ...options.map((one) => `-o${one}`), `-oUserKnownHostsFile=${known}`] as const;

/** The exchange and the kind of key that our engine asks for too. */
const options = ["KexAlgorithms=curve25519-sha256", "HostKeyAlgorithms=ssh-ed25519", "StrictHostKeyChecking=yes"];

function knownHosts(folder: string, address: string, hostKey: string): string {
  const file = join(folder, `known-${address}`);
  writeFileSync(file, `${address} ${hostKey}\n`);
  return file;
}

/** Ansible keeps its connection for a minute: the next run is to begin with a new one. */
function closeMaster(folder: string, inNetwork: readonly string[]): void {
  const script = `for s in ${folder}/cp/*; do [ ! -S "$s" ] || ssh -F/dev/null -O exit -o "ControlPath=$s" root@${hostAddress}; done 2>/dev/null`;
  run("ip", ...inNetwork.slice(1), "sh", "-c", `${script}; :`);
}

/** What a machine does in its first seconds isn't measured. */
async function settle(host: BenchHost): Promise<void> {
  host.inside(`n=0; while [ $n -lt 60 ]; do
  case $(systemctl is-system-running) in running|degraded) break ;; esac; n=$((n + 1)); sleep 0.5; done; sync`);
}

function versions(): Versions {
  const first = (text: string) => text.trim().split("\n")[0] ?? "";
  return {
    ansible: first(run("dpkg-query", "-W", "-f", "$" + "{Version}", "ansible-core")),
    openssh: first(run("dpkg-query", "-W", "-f", "$" + "{Version}", "openssh-client")),
    kernel: first(run("uname", "-r")),
  };
}
