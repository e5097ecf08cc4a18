import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { WireError } from "../wire/reader.ts";
import { type Answer, answer, committed, notCommitted, type Reply, type Silence } from "./answer.ts";
import { type AddressBook, createAddressBook } from "./book.ts";
import type { Destination } from "./destination.ts";
import { createRateLimit, type RateLimit } from "./limit.ts";
import type { Arrival } from "./network.ts";
import { decodePacket, encodePacket } from "./packet.ts";
import type { DhcpEvent, DhcpPolicy, LeaseRecords } from "./policy.ts";
import { type DhcpRequest, parseRequest } from "./request.ts";

export interface DhcpServerOptions {
  readonly policy: DhcpPolicy;
  readonly leases: LeaseRecords;
  readonly clock: Clock;
  readonly log: Log;
  onEvent?(event: DhcpEvent): void;
}

export interface Conversation {
  /** Takes one datagram from decoding to the reply. Never throws or rejects, whatever the bytes say. */
  receive(datagram: Uint8Array, arrival: Arrival): Promise<void>;
}

export type Send = (bytes: Uint8Array, destination: Destination, arrival: Arrival) => void;

interface Parts extends DhcpServerOptions {
  readonly send: Send;
  readonly book: AddressBook;
  readonly perMac: RateLimit;
  readonly complaints: RateLimit;
}

/** The server without its sockets: `send` gets what goes out. */
export function createConversation(options: DhcpServerOptions & { readonly send: Send }): Conversation {
  const { clock } = options;
  const parts: Parts = {
    ...options,
    ...(options.onEvent ? { onEvent: options.onEvent.bind(options) } : {}),
    book: createAddressBook(options),
    // iPXE asks 2 times in 1 s and a whole boot takes 3 exchanges; what asks more is a loop or an attack.
    perMac: createRateLimit({ clock, burst: 12, perSecond: 2, capacity: 4096 }),
    // A flood must not become a flood of log lines and events.
    complaints: createRateLimit({ clock, burst: 50, perSecond: 10, capacity: 1 }),
  };
  return {
    receive: async (datagram, arrival) => {
      try {
        await converse(parts, datagram, arrival);
      } catch (thrown) {
        if (!parts.complaints.allow("")) return;
        if (thrown instanceof WireError)
          options.log.debug("dhcp: malformed packet dropped", { reason: thrown.message });
        else options.log.error("dhcp: packet dropped by a defect", { reason: String(thrown), ...arrival });
      }
    },
  };
}

async function converse(parts: Parts, datagram: Uint8Array, arrival: Arrival): Promise<void> {
  const request = parseRequest(decodePacket(datagram));
  if (!parts.perMac.allow(request.mac))
    return complain(parts, request, { kind: "ignored", reason: "it asks too often" });
  const reaction = answer(parts.book, request, arrival);
  if (!isReply(reaction)) return stayed(parts, request, reaction);
  const { client, address } = reaction;
  tell(parts, { kind: request.type, mac: request.mac, client, ...(request.type === "discover" ? {} : { address }) });
  if (reaction.lease && !(await isDurable(parts, reaction))) return;
  parts.send(encodePacket(reaction.packet), reaction.destination, arrival);
  if (request.type !== "inform") tell(parts, { mac: request.mac, ...eventOf(reaction) });
}

/** Commits the lease. If that fails the client hears nothing: an ACK that a restart forgets would break its network. */
async function isDurable(parts: Parts, { lease, client }: Reply): Promise<boolean> {
  if (!lease) return true;
  try {
    await parts.leases.commit(lease);
    committed(parts.book, lease, client.network.leaseSeconds);
    return true;
  } catch (thrown) {
    notCommitted(parts.book, lease);
    const reason = `the lease could not be stored: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    parts.log.error("dhcp: no ACK sent", { mac: lease.mac, address: lease.address, reason });
    tell(parts, { kind: "ignored", mac: lease.mac, address: lease.address, client, reason });
    return false;
  }
}

async function stayed(parts: Parts, request: DhcpRequest, silence: Silence): Promise<void> {
  if (silence.free) await parts.leases.release(silence.free);
  if (silence.kind === "ignored") return complain(parts, request, silence);
  if (silence.kind !== "release") parts.log.warn(`dhcp: ${silence.kind}`, { mac: request.mac, reason: silence.reason });
  tell(parts, { kind: silence.kind, mac: request.mac, reason: silence.reason, ...addressOf(silence) });
}

function complain(parts: Parts, { mac, type }: DhcpRequest, { kind, reason }: Silence): void {
  if (!parts.complaints.allow("")) return;
  parts.log.debug(`dhcp: ${type} ignored`, { mac, reason });
  tell(parts, { kind, mac, reason });
}

/** A listener that throws is its own problem: the client gets its answer all the same. */
function tell(parts: Parts, event: DhcpEvent): void {
  try {
    parts.onEvent?.(event);
  } catch (thrown) {
    parts.log.error("dhcp: a listener failed", { event: event.kind, reason: String(thrown) });
  }
}

const isReply = (reaction: Answer): reaction is Reply => "packet" in reaction;

const eventOf = ({ kind, address, client, boot, reason }: Reply): Omit<DhcpEvent, "mac"> => ({
  kind,
  address,
  client,
  ...(boot && { boot }),
  ...(reason !== undefined && { reason }),
});

const addressOf = ({ address }: Silence) => (address ? { address } : {});
