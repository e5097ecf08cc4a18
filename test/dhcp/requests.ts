import { type Options, option } from "../../src/dhcp/options.ts";
import { type DhcpPacket, noAddress } from "../../src/dhcp/packet.ts";
import { type DhcpRequest, messageTypes, parseRequest } from "../../src/dhcp/request.ts";
import { encoded } from "../../src/dhcp/values.ts";
import { type Ipv4Address, type MacAddress, macToBytes } from "../../src/wire/addresses.ts";
import { ip, web01 } from "./lab.ts";

export interface Wish {
  readonly type: DhcpRequest["type"];
  readonly mac?: MacAddress;
  readonly xid?: number;
  readonly broadcast?: boolean;
  readonly ciaddr?: string;
  readonly giaddr?: string;
  readonly requested?: string;
  readonly serverId?: string;
  readonly options?: readonly (readonly [number, Uint8Array])[];
}

/** A client's packet, as little of it as the case needs. */
export function packetOf(wish: Wish): DhcpPacket {
  const address = (text: string | undefined): Ipv4Address => (text ? ip(text) : noAddress);
  const options: Options = new Map([
    [option.messageType, encoded.u8(messageTypes[wish.type])],
    ...(wish.requested ? [[option.requestedAddress, encoded.addresses(ip(wish.requested))] as const] : []),
    ...(wish.serverId ? [[option.serverId, encoded.addresses(ip(wish.serverId))] as const] : []),
    ...(wish.options ?? []),
  ]);
  return {
    op: "request",
    hardwareType: 1,
    hops: 0,
    xid: wish.xid ?? 0x12345678,
    secs: 0,
    broadcast: wish.broadcast ?? false,
    ciaddr: address(wish.ciaddr),
    yiaddr: noAddress,
    siaddr: noAddress,
    giaddr: address(wish.giaddr),
    chaddr: macToBytes(wish.mac ?? web01.mac),
    sname: "",
    file: "",
    options,
  };
}

export const requestOf = (wish: Wish): DhcpRequest => parseRequest(packetOf(wish));

export const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));
