import type { DhcpNetwork, DhcpPolicy, Lease, LeaseRecords, Reservation } from "../../src/dhcp/policy.ts";
import {
  type Ipv4Address,
  type MacAddress,
  parseIpv4,
  parseMac,
  parseSubnet,
  type Subnet,
} from "../../src/wire/addresses.ts";

/** Addresses as a person writes them; a typo in a test is an error. */
export const ip = (text: string): Ipv4Address => parseIpv4(text) ?? raise(text);
export const mac = (text: string): MacAddress => parseMac(text) ?? raise(text);
export const subnet = (text: string): Subnet => parseSubnet(text) ?? raise(text);

const raise = (text: string): never => {
  throw new Error(`"${text}" is no address`);
};

export const lab: DhcpNetwork = {
  subnet: subnet("10.77.0.0/24"),
  interface: "lab0",
  server: ip("10.77.0.1"),
  router: ip("10.77.0.254"),
  dns: [ip("10.77.0.1")],
  domain: "lab.example",
  leaseSeconds: 600,
};

export const web01: Reservation = { mac: mac("52:54:00:77:00:01"), address: ip("10.77.0.11"), hostName: "web01" };
export const web02: Reservation = { mac: mac("52:54:00:77:00:02"), address: ip("10.77.0.12"), hostName: "web02" };

export function policyOf(of: {
  networks?: readonly DhcpNetwork[];
  reservations?: readonly Reservation[];
  boot?: DhcpPolicy["boot"];
}): DhcpPolicy {
  const { networks = [lab], reservations = [web01, web02], boot = () => ({ kind: "none" }) } = of;
  return {
    networks,
    reservation: (mac) => reservations.find((each) => each.mac === mac),
    reservationAt: (address) => reservations.find((each) => each.address === address),
    boot,
  };
}

/** Leases that live as long as the test; `commit` replaces what the MAC or the address had. */
export function createMemoryLeases(initial: readonly Lease[] = []): LeaseRecords {
  const leases = new Map<MacAddress, Lease>(initial.map((lease) => [lease.mac, lease]));
  const byAddress = (address: Ipv4Address) => [...leases.values()].find((lease) => lease.address === address);
  return {
    byMac: (mac) => leases.get(mac),
    byAddress,
    commit: async (lease) => {
      const other = byAddress(lease.address);
      if (other) leases.delete(other.mac);
      leases.set(lease.mac, lease);
    },
    release: async (mac) => {
      leases.delete(mac);
    },
    all: () => [...leases.values()],
  };
}
