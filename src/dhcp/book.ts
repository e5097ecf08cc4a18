import type { Clock } from "../clock.ts";
import { broadcastAddress, contains, type Ipv4Address, type MacAddress } from "../wire/addresses.ts";
import { type Claims, createClaims } from "./claims.ts";
import type { DhcpNetwork, DhcpPolicy, Lease, LeaseRecords, Reservation } from "./policy.ts";
import { findVacant, inRange, type Vacancy } from "./pool.ts";
import { createQuarantine, type Quarantine } from "./quarantine.ts";

/** Everything that decides which address a MAC may have: durable leases, promises in memory, conflicts, reservations. */
export interface AddressBook {
  readonly policy: DhcpPolicy;
  readonly leases: LeaseRecords;
  readonly claims: Claims;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  /** Networks whose pool was found full, and until when (monotonic) that is believed: a full search is dear. */
  readonly fullUntilMs: Map<DhcpNetwork, number>;
}

const believeFullMs = 1000;

export function createAddressBook(of: { policy: DhcpPolicy; leases: LeaseRecords; clock: Clock }): AddressBook {
  const { clock } = of;
  return { ...of, claims: createClaims(clock), quarantine: createQuarantine(clock), fullUntilMs: new Map() };
}

/** Who has the address now: by a promise, or by a lease that hasn't expired. */
export function holderOf(book: AddressBook, address: Ipv4Address): MacAddress | undefined {
  const lease = book.leases.byAddress(address);
  const claim = book.claims.byAddress(address);
  // A committed claim stands for a record; when the record was released behind our back, the claim is void too.
  if (claim && (claim.kind !== "committed" || lease?.mac === claim.mac)) return claim.mac;
  return lease && lease.expiresAt > book.clock.now() ? lease.mac : undefined;
}

/** The MAC's reservation, if it lies in this network. */
export function reservationIn(book: AddressBook, mac: MacAddress, network: DhcpNetwork): Reservation | undefined {
  const reservation = book.policy.reservation(mac);
  return reservation && contains(network.subnet, reservation.address) ? reservation : undefined;
}

/** Do we know this machine at all? */
export const isKnown = (book: AddressBook, mac: MacAddress): boolean =>
  book.policy.reservation(mac) !== undefined || book.leases.byMac(mac) !== undefined;

/**
 * The address that the MAC has on record in this network, whether or not it may use it now: its reservation, else its
 * lease there. `undefined` is RFC 2131's "no record of this client".
 */
export function recordedAddress(book: AddressBook, mac: MacAddress, network: DhcpNetwork): Ipv4Address | undefined {
  const reservation = reservationIn(book, mac, network);
  if (reservation) return reservation.address;
  const lease = book.leases.byMac(mac);
  return lease && contains(network.subnet, lease.address) ? lease.address : undefined;
}

/** May this MAC have this address in this network? `undefined` is yes; else why not. */
export function objection(
  book: AddressBook,
  lease: Pick<Lease, "mac" | "address">,
  network: DhcpNetwork,
): string | undefined {
  const { mac, address } = lease;
  const holder = holderOf(book, address);
  if (holder && holder !== mac) return `${address} is held by ${holder}`;
  if (book.quarantine.has(address)) return `${address} was declined: another machine answers on it`;
  if (reservationIn(book, mac, network)?.address === address) return undefined;
  if (!network.pool || !inRange(network.pool, address)) return `${address} is not in the pool`;
  if (isSpecial(network, address)) return `${address} belongs to the network itself`;
  const owner = book.policy.reservationAt(address)?.mac;
  return owner && owner !== mac ? `${address} is reserved for ${owner}` : undefined;
}

/** The address to offer: the reservation and nothing else; or what the MAC had, was promised, asks for, or a vacant one. */
export function chooseAddress(
  book: AddressBook,
  client: { mac: MacAddress; requested: Ipv4Address | undefined },
  network: DhcpNetwork,
): { address: Ipv4Address } | { reason: string } {
  const { mac, requested } = client;
  const reserved = reservationIn(book, mac, network)?.address;
  if (reserved) {
    const reason = objection(book, { mac, address: reserved }, network);
    return reason ? { reason } : { address: reserved };
  }
  if (!network.pool) return { reason: "unknown MAC, and the network has no pool" };
  const wishes = [book.leases.byMac(mac)?.address, book.claims.byMac(mac)?.address, requested];
  const granted = wishes.find((address) => address && !objection(book, { mac, address }, network));
  const address = granted ?? searchPool(book, mac, network);
  return address ? { address } : { reason: "the pool is full" };
}

function searchPool(book: AddressBook, mac: MacAddress, network: DhcpNetwork): Ipv4Address | undefined {
  const nowMs = book.clock.monotonicMs();
  if (!network.pool || (book.fullUntilMs.get(network) ?? 0) > nowMs) return undefined;
  const vacancy = (address: Ipv4Address): Vacancy => {
    if (objection(book, { mac, address }, network)) return "taken";
    return book.leases.byAddress(address) ? "used-before" : "fresh";
  };
  const address = findVacant(network.pool, mac, vacancy);
  if (!address) book.fullUntilMs.set(network, nowMs + believeFullMs);
  return address;
}

const isSpecial = ({ subnet, server, router }: DhcpNetwork, address: Ipv4Address) =>
  [subnet.address, broadcastAddress(subnet), server, router].includes(address);
