import { openBmc } from "../bmc/driver.ts";
import { createIntents, type Intents } from "../boot/intents.ts";
import { createLeases } from "../boot/leases.ts";
import { type BootService, type BootTexts, createBootService } from "../boot/service.ts";
import { bootMigrations } from "../boot/tables.ts";
import { convergeMigrations } from "../converge/tables.ts";
import { findNode } from "../inventory/explain.ts";
import { createLifecycle, type Lifecycle } from "../lifecycle/lifecycle.ts";
import { createConverge } from "../lifecycle/operations/converge.ts";
import { createDiskSwap } from "../lifecycle/operations/diskswap/operation.ts";
import { createInstall } from "../lifecycle/operations/install.ts";
import { type InstallTarget, usualTimes } from "../lifecycle/operations/target.ts";
import { lifecycleMigrations } from "../lifecycle/tables.ts";
import { type Database, openDatabase } from "../store/database.ts";
import type { KeyPair } from "../transport/keys.ts";
import { createLocalShell } from "../transport/local.ts";
import { controllerUrlNear } from "./addresses.ts";
import { createClusters } from "./clusters.ts";
import type { Controller, Proof } from "./controller.ts";
import { convergeParts } from "./converge.ts";
import { reservationsOf } from "./dhcp.ts";
import { createDiskDesk } from "./disks/local-desk.ts";
import { diskMigrations } from "./disks/memory.ts";
import { diskSwapParts } from "./disks/parts.ts";
import { answerSwap } from "./disks/swap.ts";
import { fleetMigrations } from "./fleet-tables.ts";
import { controllerKey } from "./identity.ts";
import { profileImage } from "./images.ts";
import { instanceName, isInstanceGone } from "./instance.ts";
import { loaderBytes } from "./loaders.ts";
import { databaseFile, type Paths, sitePaths } from "./paths.ts";
import { convergeOnly, provision } from "./provision.ts";
import { rehearse } from "./rehearsal.ts";
import { type LoadedSite, openSite } from "./site.ts";
import { type SshAccess, sshAccess } from "./ssh.ts";
import type { Surroundings } from "./surroundings.ts";
import { bootTemplates } from "./templates.ts";
import { bootTexts } from "./texts.ts";

/** The rooms of one site, put together over its records. */
export interface House {
  readonly around: Surroundings;
  readonly site: LoadedSite;
  readonly paths: Paths;
  readonly key: KeyPair;
  readonly database: Database;
  readonly intents: Intents;
  readonly ssh: SshAccess;
  readonly lifecycle: Lifecycle;
  /** What the last verification of each node showed. */
  readonly proofs: Map<string, readonly Proof[]>;
  /** Each node's newest stored run that was made by this process. */
  readonly latestRuns: Map<string, string>;
}

/** A controller in this process, and what only its owner may do with it. */
export interface LocalController extends Controller {
  readonly house: House;
  /** DHCP, TFTP and HTTP, until the controller is closed; idempotent. */
  startServers(): Promise<void>;
}

export async function createLocalController(around: Surroundings): Promise<LocalController> {
  const house = await openHouse(around);
  let servers: Promise<{ close(): Promise<void> }> | undefined;
  const startServers = async () => {
    servers ??= serve(house);
    await servers.catch(() => {
      servers = undefined;
    });
    await servers;
  };
  const { lifecycle, site } = house;
  return {
    house,
    startServers,
    provision: (request, watch, signal) => provision(house, { request, watch, signal, startServers }),
    converge: (request, watch, signal) =>
      convergeOnly(house, { request: { ...request, reinstall: false }, watch, signal, startServers }),
    status: async (name) => {
      const names = name === undefined ? [...site.inventory.nodes.keys()] : [findNode(site.inventory, name).node.name];
      return Promise.all(names.map(async (one) => ({ name: one, status: await lifecycle.status(one) })));
    },
    history: async (name) => lifecycle.history(findNode(site.inventory, name).node.name),
    cancel: async (node, by) => lifecycle.cancel(await knownName(house, node), by),
    forget: async (node, options) => {
      await lifecycle.forget(await knownName(house, node), options);
      await createClusters(house.database, around.clock).forget(node);
    },
    answer: async (node, answer) => answerSwap(house, await knownName(house, node), answer),
    disks: createDiskDesk(house),
    close: async () => {
      await lifecycle.close();
      await (await servers)?.close();
      await house.database.close();
    },
  };
}

/** A node that left the inventory can still be cancelled and forgotten; one that nobody ever heard of is a slip. */
async function knownName({ lifecycle, site }: House, name: string): Promise<string> {
  return (await lifecycle.status(name)) ? name : findNode(site.inventory, name).node.name;
}

async function openHouse(around: Surroundings): Promise<House> {
  const site = await openSite(around);
  const paths = sitePaths(site.inventory.site.name, around.environment);
  const { clock, log } = around;
  const key = controllerKey(paths);
  const migrations = [
    ...bootMigrations,
    ...lifecycleMigrations,
    ...convergeMigrations,
    ...fleetMigrations,
    ...diskMigrations,
  ];
  const database = await openDatabase({ file: databaseFile(paths), migrations, clock });
  const instance = instanceName(clock);
  const intents = await createIntents({ database, clock, instance });
  const ssh = sshAccess(site.inventory, key.privateKey, clock);
  const proofs = new Map<string, readonly Proof[]>();
  const latestRuns = new Map<string, string>();
  const parts = { around, site, paths, key, database, intents, ssh, proofs, latestRuns };
  const lifecycle: Lifecycle = await createLifecycle({
    database,
    clock,
    log,
    instance,
    ownerGone: isInstanceGone,
    disarm: (node) => intents.cancel(node),
    operations: {
      install: createInstall(installParts(parts)),
      converge: createConverge(convergeParts(parts, (node) => lifecycle.hostKeys(node))),
      diskswap: createDiskSwap(diskSwapParts(parts, () => lifecycle)),
    },
  });
  return { ...parts, lifecycle };
}

/** What the house is before it has its lifecycle. */
export type Foundations = Omit<House, "lifecycle">;

function installParts(house: Foundations) {
  const { around, site, intents, ssh } = house;
  const { clock, log } = around;
  const bmcOf = (node: string) => openBmc(findNode(site.inventory, node).node.bmc, { node, clock, log });
  return {
    rehearse: (node: string) => rehearse(site, textsOf(house), node),
    target: (node: string) => targetOf(site, node),
    openBmc: bmcOf,
    intents,
    ssh,
    times: { ...usualTimes, noDhcpMs: site.inventory.site.controller.noDhcpSeconds * 1000 },
  };
}

function targetOf({ inventory }: LoadedSite, name: string): InstallTarget {
  const { node, profile } = findNode(inventory, name);
  const { firmware, interfaces, disks } = node;
  const first = interfaces[0];
  if (!first) throw new Error(`${name} has no interface`); // the inventory's schema asks for one
  return { firmware, mac: first.mac, address: first.address, disks, byDistribution: profile.method !== "image" };
}

function textsOf({ around, site, key, paths }: Foundations): BootTexts {
  const { inventory } = site;
  const shell = createLocalShell({ clock: around.clock });
  return bootTexts({
    inventory,
    templates: bootTemplates(),
    publicKey: key.publicKey,
    image: (profile) => profileImage({ inventory, paths, shell }, profile),
  });
}

/** The boot servers with everything that they hand out. */
async function serve(house: House): Promise<{ close(): Promise<void> }> {
  const { around, site, database, paths } = house;
  const { clock, log } = around;
  const leases = await createLeases(database);
  const shell = createLocalShell({ clock });
  const boot: BootService = createBootService({
    intents: house.intents,
    leases,
    reservation: reservationsOf(site.inventory).reservation,
    situation: house.lifecycle.situation,
    controllerUrl: (address) => controllerUrlNear(site.inventory.site, address),
    texts: textsOf(house),
    loader: loaderBytes,
    log,
    onReport: house.lifecycle.report,
  });
  // Only who serves loads DHCP, TFTP and HTTP.
  const [{ startBootServers }, { contents }] = await Promise.all([import("./servers.ts"), import("./contents.ts")]);
  return startBootServers({
    inventory: site.inventory,
    boot,
    leases,
    contents: await contents({ site: site.inventory.site, paths, shell, clock, log }),
    clock,
    log,
  });
}
