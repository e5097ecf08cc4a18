import { compileCatalogue, factsWanted } from "../../converge/catalogue.ts";
import type { HostKind } from "../../converge/role-case.ts";
import { type ContainerLab, letGo, startContainers } from "../../sim/hosts/containers.ts";
import { archiveUrl, type HostArchive, type HostSystem, labNetwork, type TestHost } from "../../sim/hosts/host.ts";
import { findLayer, makeLayer, rememberedPackages, rememberPackages } from "../../sim/hosts/layers.ts";
import type { Folders } from "../../sim/hosts/leftovers.ts";
import { startMachines } from "../../sim/hosts/machines.ts";
import { createLocalShell } from "../../transport/local.ts";
import type { Surroundings } from "../surroundings.ts";
import { testImage } from "../test-image.ts";
import { type CaseSurroundings, caseRequests, type TriedCase } from "./case-nodes.ts";
import { packagesOf } from "./packages.ts";

/** The hosts of a case, of either kind. */
export interface CaseHosts {
  readonly hosts: readonly TestHost[];
  readonly around: CaseSurroundings;
  /** Hosts that began with their packages. */
  readonly layered: readonly string[];
  /** Keeps what apt installed for the next run; says what came of it, or nothing when there is nothing to keep. */
  keepPackages(packages: readonly (readonly string[])[]): Promise<string | undefined>;
  /** Lets them run on; returns how to enter them. */
  keep(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface CaseStart extends TriedCase {
  readonly on: HostKind;
  readonly around: Surroundings;
  readonly folders: Folders;
  readonly signal: AbortSignal;
}

export const hostNames = ({ tried, one }: TriedCase): readonly string[] =>
  Array.from({ length: one.hosts ?? 1 }, (_, index) => `${tried.role.name}${index + 1}`);

export const startCase = (start: CaseStart): Promise<CaseHosts> =>
  start.on === "vm" ? startVirtual(start) : startContained(start);

/** A role sees these of its site, before there are any hosts and after. */
function surroundings(start: CaseStart, system: HostSystem, operatorKey: string): CaseSurroundings {
  const { family, codename, archives } = system;
  const hosts = hostNames(start).map((name, index) => ({ name, address: labNetwork.hostAddress(index) }));
  return {
    lab: { siteAddress: labNetwork.site, hosts },
    os: { family, codename },
    repositories: archives.map(repositoryOf),
    operatorKey,
  };
}

const repositoryOf = (archive: HostArchive) => ({ ...archive, url: archiveUrl(archive) });

/** For a catalogue of which only the packages are wanted. */
const anyKey = `ssh-ed25519 ${"A".repeat(68)} tester`;

async function startContained(start: CaseStart): Promise<CaseHosts> {
  const { folders, around, signal, tried, one } = start;
  const { cacheDir } = folders;
  const layered: string[] = [];
  const keyOf = (index: number) => [tried.folder, one.name, String(index)];
  const lab = await startContainers({
    ...{ ...folders, clock: around.clock, log: around.log, say: around.say, signal },
    hosts: hostNames(start).map((name, index) => ({
      name,
      layers: ({ tree, system }) => {
        const packages = foreseen(start, system, index) ?? rememberedPackages(cacheDir, keyOf(index)) ?? [];
        const found = packages.length > 0 ? findLayer({ cacheDir, tree, system, packages }) : undefined;
        if (found !== undefined) layered.push(name);
        return found === undefined ? [] : [found];
      },
    })),
  });
  return {
    hosts: lab.hosts,
    around: surroundings(start, lab.system, lab.key.publicKey),
    layered,
    keepPackages: (packages) => keepLayers({ start, lab, layered, keyOf }, packages),
    keep: () => lab.keep(),
    stop: () => lab.stop(),
  };
}

/** The packages of a host's catalogue; of a role that wants facts first they can't be known yet. */
function foreseen(start: CaseStart, system: HostSystem, index: number): readonly string[] | undefined {
  const stage = { begins: true, facts: new Map() };
  const request = caseRequests(start, surroundings(start, system, anyKey), stage)[index];
  return request && factsWanted(request).length === 0 ? packagesOf(compileCatalogue(request)) : undefined;
}

interface Keeping {
  readonly start: CaseStart;
  readonly lab: ContainerLab;
  readonly layered: readonly string[];
  readonly keyOf: (index: number) => readonly string[];
}

async function keepLayers(
  { start, lab, layered, keyOf }: Keeping,
  wanted: readonly (readonly string[])[],
): Promise<string | undefined> {
  const { folders, around, signal } = start;
  const made: string[] = [];
  for (const [index, packages] of wanted.entries()) {
    if (packages.length === 0 || layered.includes(lab.hosts[index]?.name ?? "")) continue;
    await makeLayer({ lab, packages, signal, cacheDir: folders.cacheDir, clock: around.clock });
    rememberPackages(folders.cacheDir, keyOf(index), packages);
    made.push(...packages.filter((name) => !made.includes(name)));
  }
  return made.length > 0 ? `the next run begins with ${made.join(", ")}` : undefined;
}

async function startVirtual(start: CaseStart): Promise<CaseHosts> {
  const { folders, around, signal, one } = start;
  const { clock, log, say } = around;
  const shell = createLocalShell({ clock });
  const debianArchive = around.environment.PROVISION_DEBIAN_ARCHIVE;
  const { cacheDir } = folders;
  const { image, archives } = await testImage({ shell, cacheDir, clock, log, signal, say, debianArchive });
  const { disks, memoryMiB } = one.needs ?? {};
  const hosts = hostNames(start).map((name) => ({
    name,
    ...(disks ? { disks } : {}),
    ...(memoryMiB ? { memoryMiB } : {}),
  }));
  const lab = await startMachines({ ...folders, hosts, image, archives, clock, log, signal });
  return {
    hosts: lab.hosts,
    around: surroundings(start, { family: "debian", codename: "bookworm", archives }, lab.key.publicKey),
    layered: [],
    keepPackages: async () => undefined,
    keep: () => letGo(lab),
    stop: () => lab.stop(),
  };
}
