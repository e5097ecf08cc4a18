import type { Ipv4Address, MacAddress } from "../wire/addresses.ts";
import { noAddress } from "./packet.ts";
import type { DhcpRequest } from "./request.ts";

/** Where a reply goes. `neighbour`: to a client that answers no ARP yet, so its MAC must be told to the kernel first. */
export type Destination =
  | { readonly kind: "relay"; readonly address: Ipv4Address }
  | { readonly kind: "client"; readonly address: Ipv4Address }
  | { readonly kind: "broadcast" }
  | { readonly kind: "neighbour"; readonly address: Ipv4Address; readonly mac: MacAddress };

export const limitedBroadcast = "255.255.255.255" as Ipv4Address;

/**
 * OFFER and ACK, in this order (RFC 2131 §4.1): the relay, the address in use, broadcast if asked, the new address.
 * A ciaddr other than the address given is a lie or a mistake, and would aim our reply at a stranger.
 */
export function destinationOf({ packet, mac }: DhcpRequest, yiaddr: Ipv4Address): Destination {
  if (packet.giaddr !== noAddress) return { kind: "relay", address: packet.giaddr };
  if (packet.ciaddr === yiaddr) return { kind: "client", address: yiaddr };
  return packet.broadcast ? { kind: "broadcast" } : { kind: "neighbour", address: yiaddr, mac };
}

/** A NAK never goes to the address that it denies (RFC 2131 §4.3.2). */
export const destinationOfNak = ({ packet }: DhcpRequest): Destination =>
  packet.giaddr === noAddress ? { kind: "broadcast" } : { kind: "relay", address: packet.giaddr };
