import { type Ipv4Address, type MacAddress, macFromBytes } from "../wire/addresses.ts";
import { WireError } from "../wire/reader.ts";
import { type ClientIdentity, identifyClient } from "./client.ts";
import { option } from "./options.ts";
import { type DhcpPacket, noAddress } from "./packet.ts";
import { addressOf, u8Of, u16Of } from "./values.ts";

/** RFC 2132 §9.6. */
export const messageTypes = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

export type MessageType = keyof typeof messageTypes;

/** A client's packet with the options that decide already read; whoever holds one needn't check it again. */
export interface DhcpRequest {
  readonly type: "discover" | "request" | "decline" | "release" | "inform";
  readonly mac: MacAddress;
  readonly packet: DhcpPacket;
  readonly requested: Ipv4Address | undefined;
  readonly serverId: Ipv4Address | undefined;
  /** The longest IP datagram that the client takes; never under 576 (RFC 2132 §9.10). */
  readonly maxMessageBytes: number;
  readonly identity: ClientIdentity;
}

const ethernet = 1;
/** A reply to it would reach many machines (IEEE 802 §8.2). */
const groupBit = 0x01;
const fromClients: readonly string[] = ["discover", "request", "decline", "release", "inform"];

/**
 * A decoded packet as a request.
 * @throws WireError if it is a reply, not from Ethernet, has no message type of a client, or a short or long option
 */
export function parseRequest(packet: DhcpPacket): DhcpRequest {
  if (packet.op !== "request") throw new WireError("a reply came to the server's port", 0);
  if (packet.hardwareType !== ethernet || packet.chaddr.length !== 6) throw new WireError("not from Ethernet", 1);
  if (packet.chaddr[0]! & groupBit) throw new WireError("the hardware address is a group's", 28);
  const { options } = packet;
  const requested = addressOf(options, option.requestedAddress);
  const type = messageTypeOf(packet);
  if (!type || !fromClients.includes(type)) throw new WireError(`message type ${type ?? "unknown"} at the server`, 240);
  return {
    type: type as DhcpRequest["type"],
    mac: macFromBytes(packet.chaddr),
    packet,
    requested: requested === noAddress ? undefined : requested,
    serverId: addressOf(options, option.serverId),
    maxMessageBytes: Math.max(576, u16Of(options, option.maxMessageBytes) ?? 0),
    identity: identifyClient(options),
  };
}

/** `undefined` for a type that RFC 2132 doesn't know, and for BOOTP, which has none. */
export function messageTypeOf({ options }: DhcpPacket): MessageType | undefined {
  const number = u8Of(options, option.messageType);
  return (Object.keys(messageTypes) as MessageType[]).find((type) => messageTypes[type] === number);
}
