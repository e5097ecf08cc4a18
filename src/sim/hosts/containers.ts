import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import { type Log, silentLog } from "../../log.ts";
import { createKeyPair, type KeyPair } from "../../transport/keys.ts";
import { createLocalShell } from "../../transport/local.ts";
import type { Shell } from "../../transport/shell.ts";
import { groupFolder, makeGroup } from "./cgroup.ts";
import { startContainerHost } from "./container.ts";
import { fail } from "./errors.ts";
import { type HostSystem, labNetwork, type TestHost } from "./host.ts";
import { makeLabNetwork } from "./lab-network.ts";
import { type Folders, keep, type LabPlace, makePlace, newLabName, placeOf, removeLab, sweep } from "./leftovers.ts";
import { makeWritable } from "./overlay.ts";
import { type RootTree, rootTree } from "./root-tree.ts";
import { serveSite } from "./site.ts";
import { ownSystem } from "./system.ts";
import { createUndo } from "./undo.ts";

export interface ContainersOptions extends Folders {
  /** In order; each with the package layer that it starts with, if there is one. */
  readonly hosts: readonly WantedHost[];
  readonly clock: Clock;
  readonly log?: Log;
  readonly signal?: AbortSignal | undefined;
  say?(line: string): void;
}

export interface WantedHost {
  readonly name: string;
  /** Folders that lie between the root file system and what the host writes, topmost first. */
  layers?(over: { readonly tree: RootTree; readonly system: HostSystem }): readonly string[];
}

/** Hosts on one bridge, with their site; nothing leads out of it. */
export interface ContainerLab {
  readonly name: string;
  readonly siteAddress: string;
  readonly hosts: readonly TestHost[];
  readonly system: HostSystem;
  readonly tree: RootTree;
  /** With which root is reached on every host. */
  readonly key: KeyPair;
  readonly place: LabPlace;
  readonly shell: Shell;
  /** Lets go of the hosts: they run on when this process ends. Returns how to enter them, a command line each. */
  keep(): Promise<readonly string[]>;
  /** Leaves nothing behind; idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts containers on a bridge of their own, at once.
 * @throws `hosts-command-failed`, `hosts-no-cgroup2`, `hosts-unsupported-system`, `host-did-not-start`; then nothing is left
 */
export async function startContainers(options: ContainersOptions): Promise<ContainerLab> {
  const { clock, signal } = options;
  const shell = createLocalShell({ clock });
  if (options.hosts.length > labNetwork.mostHosts)
    throw fail("hosts-command-failed", {
      doing: `${options.hosts.length} hosts`,
      output: `${labNetwork.mostHosts} at most`,
    });
  await sweep(options, { shell, clock });
  const system = await ownSystem(shell);
  const folder = join(options.cacheDir, "containers/systems");
  const tree = await rootTree({ folder, system, shell, signal, say: options.say ?? (() => {}) });
  return assemble({ ...options, shell, system, tree });
}

type Making = ContainersOptions & { readonly shell: Shell; readonly system: HostSystem; readonly tree: RootTree };

async function assemble(making: Making): Promise<ContainerLab> {
  const { clock, shell, system, tree } = making;
  const place = placeOf(newLabName(clock), making);
  const key = createKeyPair("provision-test");
  const undo = createUndo();
  try {
    makePlace(place);
    undo.push(() => removeLab(place, { shell, clock }));
    await makeWritable(place.folder, shell);
    await makeLabNetwork(place.name, shell);
    const site = await openSite(making, place);
    undo.push(() => site.close());
    const hosts = await startHosts(making, place, key);
    undo.push(() => Promise.all(hosts.map((host) => host.stop())));
    const about = { name: place.name, siteAddress: labNetwork.site, hosts, system, tree, key, place, shell };
    return { ...about, keep: () => letGo(about).finally(() => site.close()), stop: () => undo.run() };
  } catch (thrown) {
    await undo.run().catch(() => {});
    throw thrown;
  }
}

async function openSite(making: Making, { name, socketFolder }: LabPlace) {
  const group = join(groupFolder(name), "doors");
  makeGroup(group);
  const { system, clock, log = silentLog, cacheDir } = making;
  const packagesCache = join(cacheDir, "packages");
  return serveSite({ lab: name, system, packagesCache, socketFolder, group, log, clock });
}

/** All of them, or none: who is up when another fails is stopped. */
async function startHosts(making: Making, { name: lab, folder, socketFolder }: LabPlace, key: KeyPair) {
  const { shell, clock, signal, system, tree } = making;
  const neighbours = making.hosts.map(({ name }) => name);
  const shared = { lab, socketFolder, group: groupFolder(lab), neighbours, archives: system.archives };
  const started = await Promise.allSettled(
    making.hosts.map(({ name, layers }, index) => {
      const lower = [...(layers?.({ tree, system }) ?? []), tree.folder];
      return startContainerHost({
        ...{ ...shared, name, index, lower, folder: join(folder, name), key, shell, clock, signal },
      });
    }),
  );
  const up = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = started.find((one) => one.status === "rejected");
  if (!failed) return up;
  await Promise.allSettled(up.map((host) => host.stop()));
  throw failed.reason;
}

/** Leaves a lab of either kind running when this process ends. Returns how to enter its hosts. */
export async function letGo({
  name,
  hosts,
  key,
  place,
}: Pick<ContainerLab, "name" | "hosts" | "key" | "place">): Promise<readonly string[]> {
  const file = join(place.socketFolder, "id_ed25519");
  writeFileSync(file, key.privateKey.reveal(), { mode: 0o600 });
  keep(place);
  await Promise.all(hosts.map((host) => host.shell.close()));
  const options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";
  return hosts.map(({ address }) => `sudo ip netns exec ${name} ssh -i ${file} ${options} root@${address}`);
}
