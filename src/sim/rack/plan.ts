import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { Secret } from "../../secret.ts";
import type { Ipv4Address, MacAddress, Subnet } from "../../wire/addresses.ts";

/** A virtual rack as it is to be: one network of its own and the machines on it. */
export interface RackPlan {
  readonly name: string;
  /** Network namespace (ip-netns(8)) that holds the bridge, the BMCs and the machines' network cards. */
  readonly namespace: string;
  readonly bridge: string;
  readonly subnet: Subnet;
  /** The controller's address on the bridge; fd00:77::1/64 stands beside it. */
  readonly controller: Ipv4Address;
  /** Disks, firmware variables, serial logs. Made by `rackUp`, removed by `rackDown`. */
  readonly stateDir: string;
  /** Sockets, the plan with its passwords, process records. Made and removed likewise. */
  readonly runDir: string;
  readonly machines: readonly RackMachine[];
  /** Unix socket of the packages gateway, the rack's only way to the outside. */
  readonly packagesSocket: string;
  /** Hosts which that gateway may ask, as `name` or `name:port`. */
  readonly packageHosts: readonly string[];
  /** TCP port of the origin's web site on the controller's address; the application behind Varnish. */
  readonly originPort: number;
  /** `kvm` needs /dev/kvm and is some ten times faster; `tcg` runs everywhere. */
  readonly accelerator: "tcg" | "kvm";
}

export interface RackMachine {
  readonly name: string;
  readonly mac: MacAddress;
  readonly firmware: "bios" | "uefi";
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly disks: readonly { readonly serial: string; readonly sizeMiB: number }[];
  readonly bmc: {
    readonly address: Ipv4Address;
    readonly port: number;
    readonly user: string;
    readonly password: Secret;
  };
  /** SMBIOS system UUID, 8-4-4-4-12 hex digits. */
  readonly uuid: string;
}

/** What a site says of its rack; the rest of a plan has a default. */
export interface RackSite
  extends Pick<RackPlan, "name" | "namespace" | "bridge" | "subnet" | "controller" | "packagesSocket"> {
  readonly machines: readonly Omit<RackMachine, "uuid">[];
  readonly packageHosts?: readonly string[];
  readonly originPort?: number;
  readonly accelerator?: RackPlan["accelerator"];
}

/** @param paths the site's state and run directory; the rack lives in a folder `rack` of each */
export function createRackPlan(site: RackSite, paths: { state: string; run: string }): RackPlan {
  return {
    packageHosts: [],
    originPort: 8080,
    accelerator: "tcg",
    ...site,
    stateDir: `${paths.state}/rack`,
    runDir: `${paths.run}/rack`,
    machines: site.machines.map((machine) => ({ ...machine, uuid: uuidOf(site.name, machine.name) })),
  };
}

/** The same machine gets the same UUID at every start. RFC 9562 §5.8: version 8, bits of our own making. */
function uuidOf(rack: string, machine: string): string {
  const hex = createHash("sha256").update(`${rack}/${machine}`).digest("hex");
  const digits = `${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17, 32)}`;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The plan as text, passwords and all: only for a file that nobody else can read. */
export function encodePlan(plan: RackPlan): string {
  const open = (machine: RackMachine) => ({
    ...machine,
    bmc: { ...machine.bmc, password: machine.bmc.password.reveal() },
  });
  return JSON.stringify({ ...plan, machines: plan.machines.map(open) });
}

export const isSamePlan = (one: RackPlan, other: RackPlan) =>
  isDeepStrictEqual(JSON.parse(encodePlan(one)), JSON.parse(encodePlan(other)));

type StoredPlan = Omit<RackPlan, "machines"> & {
  readonly machines: readonly (Omit<RackMachine, "bmc"> & {
    readonly bmc: Omit<RackMachine["bmc"], "password"> & { readonly password: string };
  })[];
};

/** Reads only what {@link encodePlan} wrote into our own directory, hence no schema. */
export function decodePlan(text: string): RackPlan {
  const stored = JSON.parse(text) as StoredPlan;
  const close = ({ bmc, ...machine }: StoredPlan["machines"][number]) => ({
    ...machine,
    bmc: { ...bmc, password: new Secret(bmc.password) },
  });
  return { ...stored, machines: stored.machines.map(close) };
}
