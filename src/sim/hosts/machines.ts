import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import { type Log, silentLog } from "../../log.ts";
import { createKeyPair, type KeyPair } from "../../transport/keys.ts";
import { createLocalShell } from "../../transport/local.ts";
import { groupFolder, makeGroup } from "./cgroup.ts";
import { fail } from "./errors.ts";
import { type HostArchive, labNetwork } from "./host.ts";
import { makeLabNetwork } from "./lab-network.ts";
import { type Folders, type LabPlace, makePlace, newLabName, placeOf, removeLab, sweep } from "./leftovers.ts";
import { type MachineHost, type MachineOptions, startMachineHost } from "./machine.ts";
import type { MachineImage } from "./machine-disks.ts";
import { serveSite } from "./site.ts";
import { createUndo, type Undo } from "./undo.ts";

export interface WantedMachine extends Pick<MachineOptions, "name" | "disks" | "firmware" | "memoryMiB" | "cpus"> {}

export interface MachinesOptions extends Folders, Pick<MachineOptions, "accelerator"> {
  /** In order. */
  readonly hosts: readonly WantedMachine[];
  readonly image: MachineImage;
  /** Those that the image was made from; its machines reach them through the lab's site. */
  readonly archives: readonly HostArchive[];
  readonly clock: Clock;
  readonly log?: Log;
  readonly signal?: AbortSignal | undefined;
}

/** Virtual machines on one bridge, with their site; nothing leads out of it. */
export interface MachineLab {
  readonly name: string;
  readonly siteAddress: string;
  readonly hosts: readonly MachineHost[];
  /** With which root is reached on every host. */
  readonly key: KeyPair;
  readonly place: LabPlace;
  /** Leaves nothing behind; idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts virtual machines on a bridge of their own, one after the other: an emulated one needs the processors for itself.
 * @throws `hosts-command-failed`, `hosts-no-cgroup2`, `host-did-not-start`; then nothing is left
 */
export async function startMachines(options: MachinesOptions): Promise<MachineLab> {
  const { clock } = options;
  const shell = createLocalShell({ clock });
  if (options.hosts.length > labNetwork.mostHosts)
    throw fail("hosts-command-failed", {
      doing: `${options.hosts.length} hosts`,
      output: `${labNetwork.mostHosts} at most`,
    });
  await sweep(options, { shell, clock });
  const place = placeOf(newLabName(clock), options);
  const undo = createUndo();
  try {
    makePlace(place);
    undo.push(() => removeLab(place, { shell, clock }));
    await makeLabNetwork(place.name, shell);
    await openSite(options, place, undo);
    const key = createKeyPair("provision-test");
    const hosts: MachineHost[] = [];
    for (const index of options.hosts.keys()) {
      const host = await startMachineHost(optionsOf(options, { place, key, index }));
      undo.push(() => host.stop());
      hosts.push(host);
    }
    return { name: place.name, siteAddress: labNetwork.site, hosts, key, place, stop: () => undo.run() };
  } catch (thrown) {
    await undo.run().catch(() => {});
    throw thrown;
  }
}

export interface SingleMachine extends WantedMachine, Omit<MachinesOptions, "hosts"> {}

/** One machine in a network of its own; `stop` takes the network with it. @throws as {@link startMachines} */
export async function startMachine(options: SingleMachine): Promise<MachineHost> {
  const lab = await startMachines({ ...options, hosts: [options] });
  return { ...(lab.hosts[0] as MachineHost), stop: () => lab.stop() };
}

async function openSite(options: MachinesOptions, place: LabPlace, undo: Undo): Promise<void> {
  const { clock, cacheDir, archives, log = silentLog } = options;
  const group = join(groupFolder(place.name), "doors");
  makeGroup(group);
  const { name: lab, socketFolder } = place;
  const packagesCache = join(cacheDir, "packages");
  const site = await serveSite({ ...{ lab, socketFolder, packagesCache, group, log, clock }, system: { archives } });
  undo.push(() => site.close());
}

interface Where {
  readonly place: LabPlace;
  readonly key: KeyPair;
  readonly index: number;
}

function optionsOf(options: MachinesOptions, { place, key, index }: Where): MachineOptions {
  const { clock, signal, image, archives, accelerator } = options;
  const wanted = options.hosts[index] as WantedMachine;
  return {
    ...wanted,
    ...{ index, image, archives, key, clock, signal, lab: place.name, socketFolder: place.socketFolder },
    neighbours: options.hosts.map(({ name }) => name),
    folder: join(place.folder, wanted.name),
    group: groupFolder(place.name),
    shell: createLocalShell({ clock }),
    ...(accelerator ? { accelerator } : {}),
  };
}
