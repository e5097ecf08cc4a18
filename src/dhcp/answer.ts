import { contains, type Ipv4Address, type MacAddress } from "../wire/addresses.ts";
import {
  type AddressBook,
  chooseAddress,
  holderOf,
  isKnown,
  objection,
  recordedAddress,
  reservationIn,
} from "./book.ts";
import { type Destination, destinationOf, destinationOfNak } from "./destination.ts";
import { type Arrival, networkOf } from "./network.ts";
import { type DhcpPacket, noAddress } from "./packet.ts";
import type { BootAnswer, BootClient, DhcpNetwork, Lease } from "./policy.ts";
import { grantPacket, nakPacket } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";

/** A packet to send. `lease` must be durable first: if it can't be, nothing is sent. */
export interface Reply {
  readonly kind: "offer" | "ack" | "nak";
  readonly packet: DhcpPacket;
  readonly destination: Destination;
  readonly address: Ipv4Address;
  readonly lease?: Lease;
  readonly client: BootClient;
  readonly boot?: BootAnswer;
  readonly reason?: string;
}

/** No packet goes out, and why; `free`: the client has given its lease back. */
export interface Silence {
  readonly kind: "ignored" | "release" | "decline" | "foreign-server";
  readonly reason: string;
  readonly address?: Ipv4Address;
  readonly free?: MacAddress;
}

export type Answer = Reply | Silence;

/** How long an offered address waits for its REQUEST; OVMF and iPXE take up to 5 s, a busy relay more. */
const offerMs = 60_000;

interface Case {
  readonly book: AddressBook;
  readonly request: DhcpRequest;
  readonly network: DhcpNetwork;
  readonly client: BootClient;
}

/** What the server does with a request (RFC 2131 §4.3). Decides and promises in memory; sends and stores nothing. */
export function answer(book: AddressBook, request: DhcpRequest, arrival: Arrival): Answer {
  const { mac, identity } = request;
  const context = { arrival, reserved: book.policy.reservation(mac)?.address };
  const network = networkOf(book.policy.networks, request, context);
  if (!network) return ignored("it comes from no network of ours");
  const of: Case = { book, request, network, client: { mac, network, ...identity } };
  if (!isKnown(book, mac) && !network.pool) return ignored("unknown MAC, and the network has no pool");
  switch (request.type) {
    case "discover":
      return answerDiscover(of);
    case "request":
      return answerRequest(of);
    case "decline":
      return answerDecline(of);
    case "release":
      return answerRelease(of);
    case "inform":
      return answerInform(of);
    default:
      return request.type satisfies never;
  }
}

function answerDiscover(of: Case): Answer {
  const { book, request, network } = of;
  const choice = chooseAddress(book, request, network);
  if ("reason" in choice) return ignored(choice.reason);
  const { address } = choice;
  const { mac } = request;
  const claim = book.claims.byMac(mac);
  const isMore = claim?.address === address && claim.kind !== "offered" && holderOf(book, address) === mac;
  if (!isMore) book.claims.set({ mac, address, kind: "offered" }, offerMs);
  return grant(of, "offer", address);
}

/** RFC 2131 §4.3.2, told apart by which of server id, requested address and ciaddr are there. */
function answerRequest(of: Case): Answer {
  const { serverId, requested, packet } = of.request;
  const ciaddr = packet.ciaddr === noAddress ? undefined : packet.ciaddr;
  if (serverId) return answerSelecting(of, serverId, requested ?? ciaddr);
  const wanted = requested ?? ciaddr;
  if (!wanted || (requested && ciaddr)) return ignored("a REQUEST that is of no kind in RFC 2131 §4.3.2");
  return answerHolder(of, wanted);
}

/** SELECTING: a server that wasn't chosen stays silent, and its offer is free again. */
function answerSelecting(of: Case, serverId: Ipv4Address, wanted: Ipv4Address | undefined): Answer {
  const { book, request, network } = of;
  if (!book.policy.networks.some(({ server }) => server === serverId)) {
    if (book.claims.byMac(request.mac)?.kind === "offered") book.claims.drop(request.mac);
    return { kind: "foreign-server", reason: `it chose the DHCP server ${serverId}`, address: serverId };
  }
  if (!wanted) return ignored("it chose us but names no address");
  const choice = chooseAddress(book, { mac: request.mac, requested: wanted }, network);
  if ("reason" in choice) return nak(of, wanted, choice.reason);
  return choice.address === wanted ? acknowledge(of, wanted) : nak(of, wanted, `${choice.address} is yours`);
}

/** INIT-REBOOT, RENEWING, REBINDING: the client says what it has. Without a record of ours another server may know it. */
function answerHolder(of: Case, wanted: Ipv4Address): Answer {
  const { book, request, network } = of;
  const { mac } = request;
  if (!contains(network.subnet, wanted)) return nak(of, wanted, `${wanted} is not of this network`);
  const recorded = recordedAddress(book, mac, network);
  if (!recorded) return ignored(`no record of ${mac} having ${wanted}`);
  if (recorded !== wanted) return nak(of, wanted, `${recorded} is yours`);
  const reason = objection(book, { mac, address: wanted }, network);
  return reason ? nak(of, wanted, reason) : acknowledge(of, wanted);
}

function acknowledge(of: Case, address: Ipv4Address): Reply {
  const { book, request, network } = of;
  const { mac } = request;
  const hostName = reservationIn(book, mac, network)?.hostName;
  const expiresAt = new Date(book.clock.now().getTime() + network.leaseSeconds * 1000);
  book.claims.set({ mac, address, kind: "committing" }, Number.POSITIVE_INFINITY);
  return { ...grant(of, "ack", address), lease: { mac, address, expiresAt, ...(hostName ? { hostName } : {}) } };
}

/** The lease is durable: the promise holds as long as the lease, whatever the wall clock does. */
export function committed({ claims }: AddressBook, { mac, address }: Lease, leaseSeconds: number): void {
  if (claims.byMac(mac)?.address === address) claims.set({ mac, address, kind: "committed" }, leaseSeconds * 1000);
}

/** The lease could not be stored: the client may ask again, for as long as after an offer. */
export function notCommitted({ claims }: AddressBook, { mac, address }: Lease): void {
  if (claims.byMac(mac)?.address === address) claims.set({ mac, address, kind: "offered" }, offerMs);
}

/** RFC 2131 §4.3.3. Only the machine that has the address from us may decline it: else one packet could block any node. */
function answerDecline(of: Case): Answer {
  const { book, request, network } = of;
  const { mac, requested, serverId } = request;
  if (!requested || serverId !== network.server) return ignored("a DECLINE without our id and an address");
  const had = book.claims.byMac(mac)?.address ?? book.leases.byMac(mac)?.address;
  if (had !== requested) return ignored(`a DECLINE of ${requested}, which it didn't have`);
  book.claims.drop(mac);
  book.quarantine.add(requested);
  return { kind: "decline", reason: `${requested} is in use by another machine`, address: requested, free: mac };
}

/** RFC 2131 §4.3.4; only on a match of server, MAC and address. */
function answerRelease(of: Case): Answer {
  const { book, request, network } = of;
  const { mac, serverId, packet } = request;
  const matches = serverId === network.server && book.leases.byMac(mac)?.address === packet.ciaddr;
  if (!matches) return ignored("a RELEASE that matches no lease");
  book.claims.drop(mac);
  return { kind: "release", reason: "given back", address: packet.ciaddr, free: mac };
}

/** RFC 2131 §4.3.5: settings only, no address. ciaddr must be ours, or a forged one would aim our reply anywhere. */
function answerInform(of: Case): Answer {
  const { request, network } = of;
  const { ciaddr } = request.packet;
  if (!contains(network.subnet, ciaddr)) return ignored(`an INFORM from ${ciaddr}, which is not of this network`);
  const packet = grantPacket(request, { type: "ack", network, boot: { kind: "none" } });
  return { kind: "ack", packet, destination: { kind: "client", address: ciaddr }, address: ciaddr, client: of.client };
}

function grant(of: Case, kind: "offer" | "ack", address: Ipv4Address): Reply {
  const { book, request, network, client } = of;
  const boot = book.policy.boot(client);
  const hostName = reservationIn(book, request.mac, network)?.hostName;
  const packet = grantPacket(request, { type: kind, network, address, hostName, boot });
  return { kind, packet, destination: destinationOf(request, address), address, client, boot };
}

function nak(of: Case, address: Ipv4Address, reason: string): Reply {
  const { request, network, client } = of;
  const packet = nakPacket(request, network.server, address);
  return { kind: "nak", packet, destination: destinationOfNak(request), address, client, reason };
}

const ignored = (reason: string): Silence => ({ kind: "ignored", reason });
