import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { openBmc } from "../bmc/driver.ts";
import { findForeignServers } from "../dhcp/server.ts";
import { formatPlace, type ProvisionError, toRecord } from "../errors.ts";
import type { Inventory, Network, Node } from "../inventory/schema.ts";
import { SealedSecret } from "../inventory/sealed.ts";
import { createLocalShell } from "../transport/local.ts";
import { findProfileImage, type ImageSource } from "./images.ts";
import { type Listener, parseListeners } from "./listeners.ts";
import { apiSocket, type Paths, sitePaths } from "./paths.ts";
import { connectController } from "./remote.ts";
import { missingPackages, type Purpose, requirements } from "./requirements.ts";
import { readSite, tryOpenSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Finding {
  readonly check: string;
  readonly verdict: "good" | "warning" | "bad";
  readonly evidence: string;
  /** What to do; nothing when it is good. */
  readonly remedy?: string;
}

/** One question to the surroundings; a new check is a new row in `checks`. */
type Check = (patient: Patient) => Promise<readonly Finding[]>;

interface Patient {
  readonly around: Surroundings;
  readonly inventory: Inventory;
  readonly paths: Paths;
  /** Why some of the inventory's secrets could not be opened. */
  readonly unopened: readonly ProvisionError[];
  /** Nodes whose BMC's password anybody can read who can read the inventory. */
  readonly plainPasswords: readonly string[];
  /** A daemon of ours holds the ports, and rightly. */
  readonly daemon: boolean;
}

const checks: readonly Check[] = [privileges, interfaces, ports, foreignServers, bmcs, secrets, packages, images];

/** Looks at everything that an install needs, changes nothing. */
export async function examine(around: Surroundings): Promise<readonly Finding[]> {
  const { site, unopened } = await tryOpenSite(around);
  const { inventory } = site;
  const plainPasswords = plainPasswordsOf(readSite(around.inventoryFolder).inventory);
  const paths = sitePaths(inventory.site.name, around.environment);
  const daemon = (await connectController(apiSocket(paths)).catch(() => undefined)) !== undefined;
  const patient = { around, inventory, paths, daemon, unopened, plainPasswords };
  return (await Promise.all(checks.map((check) => check(patient)))).flat();
}

const good = (check: string, evidence: string): Finding => ({ check, verdict: "good", evidence });

async function privileges({ around }: Patient): Promise<readonly Finding[]> {
  if (around.isRoot) return [good("privileges", "root")];
  const remedy = "Run it with sudo, or as the service in docs/serve.md";
  return [{ check: "privileges", verdict: "bad", evidence: "not root: ports 67 and 69 can't be opened", remedy }];
}

const networksOf = ({ inventory }: Patient): readonly Network[] => Object.values(inventory.site.networks);

async function interfaces(patient: Patient): Promise<readonly Finding[]> {
  const present = networkInterfaces();
  return networksOf(patient).map(({ interface: name, controller, subnet }) => {
    const addresses = present[name]?.map((entry) => entry.address) ?? [];
    if (addresses.includes(controller)) return good("interface", `${name} has ${controller}`);
    const evidence = present[name]
      ? `${name} has ${addresses.join(", ")}, not ${controller}`
      : `${name} is not there, down or without an address`;
    const wanted = `${controller}/${subnet.prefixLength}`;
    const remedy = `Correct site.yaml, or run: ip address add ${wanted} dev ${name}; ip link set ${name} up`;
    return { check: "interface", verdict: "bad", evidence, remedy };
  });
}

async function ports(patient: Patient): Promise<readonly Finding[]> {
  const [udp, tcp] = await Promise.all(["udp", "tcp"].map((table) => readFile(`/proc/net/${table}`, "utf8")));
  const listening = [...parseListeners("udp", udp as string), ...parseListeners("tcp", tcp as string)];
  const { httpPort } = patient.inventory.site.controller;
  const wanted = networksOf(patient).flatMap(({ controller }): Listener[] => [
    { protocol: "udp", address: controller, port: 67 },
    { protocol: "udp", address: controller, port: 69 },
    { protocol: "tcp", address: controller, port: httpPort },
  ]);
  return wanted.map((one) => judgePort(one, listening, patient.daemon));
}

/** A socket on every address stands in the way of one on ours. */
export function judgePort(wanted: Listener, listening: readonly Listener[], daemon: boolean): Finding {
  const { protocol, address, port } = wanted;
  const name = `${protocol} ${address}:${port}`;
  const clash = listening.find(
    (one) => one.protocol === protocol && one.port === port && (one.address === address || one.address === "0.0.0.0"),
  );
  if (!clash) return good("port", `${name} is free`);
  if (daemon) return good("port", `${name} is held, and the controller's daemon is running`);
  const remedy = `See who it is: ss -lnp '( sport = :${port} )'; stop it, for instance: systemctl stop isc-dhcp-server tftpd-hpa dnsmasq`;
  return { check: "port", verdict: "bad", evidence: `${name} is held by another program`, remedy };
}

const foreignWaitMs = 3000;

async function foreignServers(patient: Patient): Promise<readonly Finding[]> {
  if (!patient.around.isRoot) return [];
  const { clock } = patient.around;
  const own = networksOf(patient).map(({ controller }) => controller);
  const names = [...new Set(networksOf(patient).map((network) => network.interface))];
  const seen = names.map(async (name): Promise<readonly Finding[]> => {
    const check = "other DHCP servers";
    try {
      const found = await findForeignServers({ interface: name, own, waitMs: foreignWaitMs, clock });
      if (found.length === 0) return [good(check, `none answered on ${name} within ${foreignWaitMs / 1000} s`)];
      const remedy = "Stop it, or put the machines on a VLAN of their own: two servers make installs fail at random";
      return found.map(({ server, offered }) => ({
        check,
        verdict: "bad",
        evidence: `${server} offers ${offered} on ${name}`,
        remedy,
      }));
    } catch (thrown) {
      const { message, hint } = toRecord(thrown);
      return [{ check, verdict: "warning", evidence: message, remedy: hint }];
    }
  });
  return (await Promise.all(seen)).flat();
}

/** All at once: a dead BMC never delays a live one. */
async function bmcs({ around, inventory }: Patient): Promise<readonly Finding[]> {
  return Promise.all([...inventory.nodes.values()].map((node) => examineBmc(node, around)));
}

async function examineBmc({ name, bmc: settings }: Node, { clock, log }: Surroundings): Promise<Finding> {
  const check = "BMC";
  if (settings.driver === "manual") return good(check, `${name} is switched by hand`);
  const bmc = openBmc(settings, { node: name, clock, log });
  try {
    const { firmware } = await bmc.ping();
    const power = await bmc.powerState();
    return good(
      check,
      `${name}: ${settings.address} answers${firmware ? `, firmware ${firmware}` : ""}, power ${power}`,
    );
  } catch (thrown) {
    const { message, hint } = toRecord(thrown);
    return { check, verdict: "bad", evidence: `${name}: ${message}`, remedy: hint };
  } finally {
    await bmc.close().catch(() => {});
  }
}

/** Of real machines: the simulated BMCs of virtual ones guard nothing. */
const plainPasswordsOf = ({ nodes }: Inventory): readonly string[] =>
  [...nodes.values()].flatMap(({ name, bmc, virtual }) =>
    !virtual && bmc.driver === "ipmi" && !(bmc.password instanceof SealedSecret) ? [name] : [],
  );

async function secrets({ unopened, plainPasswords }: Patient): Promise<readonly Finding[]> {
  const check = "secrets";
  const sealed = unopened.map(({ message, hint, place }): Finding => {
    const evidence = place ? `${formatPlace(place)}: ${message}` : message;
    return { check, verdict: "bad", evidence, remedy: hint };
  });
  if (plainPasswords.length === 0) return sealed;
  const evidence = `BMC passwords stand in plain text in the files of ${plainPasswords.join(", ")}`;
  const remedy = "Run: provision secret encrypt; once before: provision secret init";
  return [...sealed, { check, verdict: "warning", evidence, remedy }];
}

async function packages({ around, inventory }: Patient): Promise<readonly Finding[]> {
  const virtual = [...inventory.nodes.values()].some((node) => node.virtual);
  const purposes: readonly Purpose[] = virtual ? ["rack", "image"] : ["image"];
  const wanted = requirements.filter((one) => one.for.some((purpose) => purposes.includes(purpose)));
  const missing = await missingPackages(wanted, createLocalShell({ clock: around.clock }));
  if (missing.length === 0) return [good("packages", `all ${wanted.length} Debian packages are installed`)];
  const names = missing.map((one) => one.package).join(" ");
  const remedy = `Run: sudo apt-get install --no-install-recommends ${names}`;
  return [{ check: "packages", verdict: "warning", evidence: `missing: ${names}`, remedy }];
}

async function images({ around, inventory, paths }: Patient): Promise<readonly Finding[]> {
  const wanted = [...inventory.profiles].filter(([, profile]) => profile.method === "image");
  const source = { inventory, paths, shell: createLocalShell({ clock: around.clock }) };
  return Promise.all(wanted.map(([name]) => examineImage(source, name)));
}

async function examineImage(source: ImageSource, profile: string): Promise<Finding> {
  const check = "image";
  try {
    const image = await findProfileImage(source, profile);
    if (!image)
      return {
        check,
        verdict: "bad",
        evidence: `${profile} is not built`,
        remedy: `Run: provision image build ${profile}`,
      };
    return good(check, `${profile}: built ${image.manifest.builtAt.slice(0, 10)}, ${image.digest.slice(0, 12)}`);
  } catch (thrown) {
    const { message, hint } = toRecord(thrown);
    return { check, verdict: "bad", evidence: message, remedy: hint };
  }
}
