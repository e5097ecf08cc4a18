import type { BootAnswer, BootClient, DhcpNetwork, DhcpPolicy, Reservation } from "../dhcp/policy.ts";
import type { Inventory } from "../inventory/schema.ts";

export type Reservations = Pick<DhcpPolicy, "reservation" | "reservationAt">;

/** Who has which address, looked up from memory. */
export function reservationsOf({ nodes }: Inventory): Reservations {
  const all: readonly Reservation[] = [...nodes.values()].flatMap(({ name, interfaces }) =>
    interfaces.map(({ mac, address }) => ({ mac, address, hostName: name })),
  );
  const byMac = new Map(all.map((reservation) => [reservation.mac, reservation]));
  const byAddress = new Map(all.map((reservation) => [reservation.address, reservation]));
  return { reservation: (mac) => byMac.get(mac), reservationAt: (address) => byAddress.get(address) };
}

/** What the inventory means to the DHCP server. */
export function dhcpPolicyOf(inventory: Inventory, boot: (client: BootClient) => BootAnswer): DhcpPolicy {
  return { networks: networksOf(inventory), ...reservationsOf(inventory), boot };
}

function networksOf({ site }: Inventory): readonly DhcpNetwork[] {
  return Object.values(site.networks).map((network) => ({
    subnet: network.subnet,
    interface: network.interface,
    server: network.controller,
    dns: network.dns,
    domain: site.domain,
    leaseSeconds: network.leaseSeconds,
    ...(network.gateway ? { router: network.gateway } : {}),
    ...(network.pool ? { pool: network.pool } : {}),
  }));
}
