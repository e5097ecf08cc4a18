import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchHost, hostAddress, run } from "./host.ts";
import { sha256 } from "./judge.ts";
import { type Timed, timeProcess } from "./measure.ts";
import { checkScript, writeAnsible, writePuppet } from "./peers.ts";
import type { Workload } from "./workload.ts";

/** A host as the script reaches it. */
export type Place = Pick<BenchHost, "address" | "hostKey">;

/** The peers' own programs, each a whole process from start to end. */
export interface PeerRuns {
  /** `ansible-playbook`, over a connection that it has to make. */
  ansible(host: BenchHost, work: Workload): Promise<Timed>;
  /** `puppet apply` on the host itself, without SSH. */
  puppet(host: BenchHost, work: Workload): Promise<Timed>;
  /** One `ssh` that is fed the script. */
  script(place: Place, work: Workload): Promise<Timed>;
  /** The same through a proxy command that switches Nagle's algorithm off, which `ssh` has no option for. */
  quickScript(place: Place, work: Workload): Promise<Timed>;
}

interface Surroundings {
  readonly folder: string;
  readonly identity: string;
  readonly namespace: string;
}

export function peerRuns({ folder, identity, namespace }: Surroundings): PeerRuns {
  const inNetwork = ["ip", "netns", "exec", namespace];
  const login = (place: Place) => sshOptions(identity, knownHosts(folder, place));
  const script = (more: readonly string[]) => (place: Place, work: Workload) => {
    const argv = [...inNetwork, "ssh", ...login(place), ...more, `root@${place.address}`, "sh", "-s"];
    return timeProcess({ argv, input: checkScript(work, sha256) });
  };
  return {
    ansible: async (host, work) => {
      const own = join(folder, "ansible");
      writeAnsible(own, work, { address: host.address, ssh: login(host) });
      const argv = [...inNetwork, "ansible-playbook", "-e", "@work.json", "site.yml"];
      const timed = await timeProcess({ argv, cwd: own, environment: { ANSIBLE_NOCOLOR: "1" } });
      closeMasters(join(own, "cp"), inNetwork);
      return timed;
    },
    puppet: async (host, work) => {
      writePuppet(join(host.root, "srv/puppet"), work);
      const modules = "--modulepath /srv/puppet/modules:/usr/share/puppet/modules";
      const command = `puppet apply --color=false --detailed-exitcodes ${modules} /srv/puppet/site.pp`;
      return timeProcess({ argv: host.entering(command) });
    },
    script: script([]),
    quickScript: script(["-oProxyCommand=socat - TCP:%h:%p,nodelay"]),
  };
}

/** The exchange and the kind of key that our engine asks for too. */
const options = ["KexAlgorithms=curve25519-sha256", "HostKeyAlgorithms=ssh-ed25519", "StrictHostKeyChecking=yes"];

const sshOptions = (identity: string, known: string) => [
  "-F/dev/null",
  `-i${identity}`,
  "-oIdentitiesOnly=yes",
  ...options.map((one) => `-o${one}`),
  `-oUserKnownHostsFile=${known}`,
];

function knownHosts(folder: string, { address, hostKey }: Place): string {
  const file = join(folder, `known-${address}`);
  writeFileSync(file, `${address} ${hostKey}\n`);
  return file;
}

/** Ansible keeps its connection for a minute; each run is to begin with a new one. */
function closeMasters(folder: string, inNetwork: readonly string[]): void {
  const script = 'ssh -F/dev/null -O exit -o "ControlPath=$0" root@"$1" 2>&1 || :';
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    run("ip", ...inNetwork.slice(1), "sh", "-c", script, join(folder, name), hostAddress);
  rmSync(folder, { recursive: true, force: true });
}
