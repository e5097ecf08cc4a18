import { broadcastAddress, type Ipv4Address, netmask } from "../wire/addresses.ts";
import { encodedBytes, type Options, option } from "./options.ts";
import { type DhcpPacket, noAddress } from "./packet.ts";
import type { BootAnswer, DhcpNetwork } from "./policy.ts";
import { type DhcpRequest, messageTypes } from "./request.ts";
import { encoded } from "./values.ts";

export interface Grant {
  readonly type: "offer" | "ack";
  readonly network: DhcpNetwork;
  /** The address given; absent in the answer to INFORM, which gets settings only. */
  readonly address?: Ipv4Address;
  readonly hostName?: string | undefined;
  readonly boot: BootAnswer;
}

/** OFFER or ACK (RFC 2131 table 3), as small as the client asks for. */
export function grantPacket(request: DhcpRequest, grant: Grant): DhcpPacket {
  const { network, address } = grant;
  const options = new Map([
    [option.messageType, encoded.u8(messageTypes[grant.type])],
    [option.serverId, encoded.addresses(network.server)],
    ...(address ? leaseOptions(network.leaseSeconds) : []),
    ...bootOptions(request, grant.boot),
    ...networkOptions(network, grant.hostName),
    ...echoes(request),
  ]);
  return {
    ...header(request),
    ciaddr: grant.type === "ack" ? request.packet.ciaddr : noAddress,
    yiaddr: address ?? noAddress,
    siaddr: grant.boot.kind === "none" ? noAddress : network.server,
    options: fitted(options, request.maxMessageBytes),
  };
}

/** RFC 2131 §4.3.2: by way of a relay the broadcast bit is set, since the client's address is the one denied. */
export function nakPacket(request: DhcpRequest, server: Ipv4Address, denied: Ipv4Address): DhcpPacket {
  const options = new Map([
    [option.messageType, encoded.u8(messageTypes.nak)],
    [option.serverId, encoded.addresses(server)],
    [option.message, encoded.text(`${denied} is not yours here`)],
    ...echoes(request),
  ]);
  const plain = header(request);
  return { ...plain, broadcast: plain.broadcast || plain.giaddr !== noAddress, options };
}

function header({ packet }: DhcpRequest): Omit<DhcpPacket, "options"> {
  const { hardwareType, xid, broadcast, giaddr, chaddr } = packet;
  const none = { ciaddr: noAddress, yiaddr: noAddress, siaddr: noAddress, sname: "", file: "" };
  return { op: "reply", hardwareType, hops: 0, xid, secs: 0, broadcast, giaddr, chaddr, ...none };
}

type Row = [code: number, value: Uint8Array];

/** T1 and T2 as RFC 2131 §4.4.5 sets them: half and 7/8. */
const leaseOptions = (leaseSeconds: number): Row[] => [
  [option.leaseSeconds, encoded.u32(leaseSeconds)],
  [option.renewalSeconds, encoded.u32(Math.floor(leaseSeconds / 2))],
  [option.rebindingSeconds, encoded.u32(Math.floor(leaseSeconds * 0.875))],
];

/** UEFI HTTP boot (OVMF 2022.11) takes no offer without this option 60; OVMF's PXE and iPXE need none. */
function bootOptions({ identity }: DhcpRequest, boot: BootAnswer): Row[] {
  if (boot.kind === "none") return [];
  const file: Row = [option.bootFile, encoded.cString(boot.kind === "http" ? boot.url : boot.file)];
  const isHttpBoot = identity.kind === "http-boot";
  return isHttpBoot ? [file, [option.vendorClass, encoded.text("HTTPClient")]] : [file];
}

const networkOptions = (network: DhcpNetwork, hostName: string | undefined): Row[] => [
  [option.subnetMask, encoded.addresses(netmask(network.subnet))],
  [option.broadcastAddress, encoded.addresses(broadcastAddress(network.subnet))],
  ...(network.router ? [[option.router, encoded.addresses(network.router)] as Row] : []),
  ...(network.dns.length > 0 ? [[option.dnsServers, encoded.addresses(...network.dns)] as Row] : []),
  ...(hostName ? [[option.hostName, encoded.text(hostName)] as Row] : []),
  ...(network.domain ? [[option.domainName, encoded.text(network.domain)] as Row] : []),
];

/** What goes back as it came: the client's id (RFC 6842 §3), the UUID (PXE 2.1), and last the relay's note (RFC 3046). */
const echoes = ({ packet }: DhcpRequest): Row[] =>
  [option.clientId, option.uuid, option.relayAgent].flatMap((code) => {
    const value = packet.options.get(code);
    return value ? [[code, value] as Row] : [];
  });

/** IP and UDP headers, and the packet up to its options. */
const overheadBytes = 20 + 8 + 240;
/** What a machine can do without, the least needed first. */
const dispensable = [option.domainName, option.hostName, option.uuid, option.dnsServers, option.broadcastAddress];

/** Leaves out dispensable options until the datagram is no longer than the client takes (option 57, else 576). */
function fitted(options: Options, maxMessageBytes: number): Options {
  const kept = new Map(options);
  for (const code of dispensable) {
    if (encodedBytes(kept) + overheadBytes <= maxMessageBytes) break;
    kept.delete(code);
  }
  return kept;
}
