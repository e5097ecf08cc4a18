import type { DiskSelector, Network, Node, Profile, Site } from "../../inventory/schema.ts";
import type { Secret } from "../../secret.ts";
import { netmask } from "../../wire/addresses.ts";

/** The machine to install, and the token of this one install. */
export interface Machine {
  readonly site: Site;
  readonly node: Node;
  readonly profile: Profile;
  readonly token: Secret;
  /** Public keys that may log in as root beside the operators': the controller's own. */
  readonly rootKeys?: readonly string[];
  /** Print secrets. Otherwise each of them, the token too, is `***`. */
  readonly reveal?: boolean;
}

export interface InterfaceView {
  readonly mac: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly netmask: string;
  readonly gateway: string | null;
  readonly dns: readonly string[];
}

export interface UserView {
  readonly name: string;
  readonly fullName: string;
  readonly keys: readonly string[];
  readonly sudo: boolean;
  readonly passwordHash: string | null;
}

/** Empty text: doesn't matter. */
export interface DiskView {
  readonly serial: string;
  readonly wwn: string;
  readonly minBytes: string;
}

export interface RepositoryView {
  readonly name: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Below the controller, without the suite. */
  readonly url: string;
  readonly unsigned: boolean;
}

/** What every template gets: plain data, absent things are null, secrets are opened or masked. */
export interface MachineView {
  readonly name: string;
  readonly fqdn: string;
  readonly domain: string;
  readonly firmware: "bios" | "uefi";
  readonly raid: boolean;
  readonly lvm: boolean;
  readonly family: string;
  readonly major: number;
  readonly release: string;
  readonly controllerUrl: string;
  readonly controllerHost: string;
  /** `http://…/boot/TOKEN` */
  readonly bootUrl: string;
  readonly interfaces: readonly InterfaceView[];
  readonly disks: readonly DiskView[];
  readonly users: readonly UserView[];
  readonly rootKeys: readonly string[];
  readonly packages: readonly string[];
  readonly repositories: readonly RepositoryView[];
  readonly timezone: string;
  readonly locale: string;
  /** Consoles first, then the profile's. */
  readonly kernelArguments: readonly string[];
}

/** Opens a secret, or masks it, by its type. */
export const opener = (reveal: boolean) => (secret: Secret) => (reveal ? secret.reveal() : String(secret));

/** What the installed system always has: a way in, and what the first-boot callback needs. */
const always = ["openssh-server", "curl"];

export function viewMachine(machine: Machine): MachineView {
  const { site, node, profile } = machine;
  const open = opener(machine.reveal === true);
  const network = networkOf(site, node.interfaces[0]?.network ?? "");
  const controllerHost = `${network.controller}:${site.controller.httpPort}`;
  const controllerUrl = `http://${controllerHost}`;
  return {
    ...identity(machine),
    controllerHost,
    controllerUrl,
    bootUrl: `${controllerUrl}/boot/${open(machine.token)}`,
    interfaces: node.interfaces.map((entry) => viewInterface(entry, networkOf(site, entry.network))),
    disks: node.disks.map(viewDisk),
    users: profile.users.map((user) => viewUser(user, open)),
    rootKeys: [...new Set([...(machine.rootKeys ?? []), ...site.operators.map(({ sshKey }) => sshKey)])],
    packages: [
      ...new Set([...always, ...(profile.users.some(({ sudo }) => sudo) ? ["sudo"] : []), ...profile.packages]),
    ],
    repositories: profile.repositories.map((entry) => viewRepository(entry, site, controllerUrl)),
    timezone: profile.timezone,
    locale: profile.locale,
    kernelArguments: ["console=tty0", `console=${node.serialConsole}`, ...profile.kernelArguments],
  };
}

function identity({ site, node, profile }: Machine) {
  const { layout } = profile.storage;
  return {
    name: node.name,
    domain: site.domain,
    fqdn: `${node.name}.${site.domain}`,
    firmware: node.firmware,
    raid: layout !== "single",
    lvm: layout === "raid1-lvm",
    family: profile.os.family,
    release: profile.os.release,
    major: Number.parseInt(profile.os.release, 10),
  };
}

/** The inventory has checked that it exists; should it not, that is a defect and no mistake of the operator. */
function networkOf(site: Site, name: string): Network {
  const network = site.networks[name];
  if (!network) throw new Error(`the network ${name} is not in the site`);
  return network;
}

function viewInterface({ mac, address }: Node["interfaces"][number], network: Network): InterfaceView {
  const { subnet, gateway, dns } = network;
  return { mac, address, prefixLength: subnet.prefixLength, netmask: netmask(subnet), gateway: gateway ?? null, dns };
}

/** udev writes WWNs in lower case with 0x; labels on disks show them without. NVMe's begin with eui. or nvme. */
function viewDisk({ serial = "", wwn = "", minBytes }: DiskSelector): DiskView {
  const bare = wwn.toLowerCase();
  const form = /^[0-9a-f]+$/.test(bare) ? `0x${bare}` : bare;
  return { serial, wwn: form, minBytes: minBytes === undefined ? "" : String(minBytes) };
}

function viewUser(user: Profile["users"][number], open: (secret: Secret) => string): UserView {
  const { name, fullName = "", sshKeys, sudo, passwordHash } = user;
  return { name, fullName, keys: sshKeys, sudo, passwordHash: passwordHash ? open(passwordHash) : null };
}

function viewRepository(
  { name, suite, components }: Profile["repositories"][number],
  site: Site,
  controllerUrl: string,
): RepositoryView {
  const unsigned = site.packages.repositories?.[name]?.unsigned === true;
  return { name, suite, components, url: `${controllerUrl}/packages/${name}`, unsigned };
}
