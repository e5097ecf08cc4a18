import { Secret } from "../../../src/secret.ts";
import { createRackPlan, type RackMachine, type RackPlan } from "../../../src/sim/rack/plan.ts";
import type { Ipv4Address, MacAddress, Subnet } from "../../../src/wire/addresses.ts";

export type Machine = Omit<RackMachine, "uuid">;

/** A small machine as an inventory might have it. */
export const machine = (change: Partial<Machine> = {}): Machine => ({
  name: "web01",
  mac: "52:54:00:77:00:01" as MacAddress,
  firmware: "bios",
  cpus: 1,
  memoryMiB: 256,
  disks: [
    { serial: "WEB01-A", sizeMiB: 64 },
    { serial: "WEB01-B", sizeMiB: 64 },
  ],
  bmc: { address: "127.0.77.11" as Ipv4Address, port: 623, user: "admin", password: new Secret("rack-secret") },
  ...change,
});

const subnet: Subnet = { address: "10.96.0.0" as Ipv4Address, prefixLength: 24 };

/** A rack of its own under `root`, with a namespace that no other test process has. */
export function plan(root: string, change: Partial<RackPlan> = {}): RackPlan {
  const name = `rack-${process.pid}`;
  const site = {
    ...{ name, namespace: name, bridge: "br0", subnet, controller: "10.96.0.1" as Ipv4Address },
    packagesSocket: `${root}/run/packages.sock`,
    machines: [machine()],
  };
  return { ...createRackPlan(site, { state: `${root}/state`, run: `${root}/run` }), ...change };
}
