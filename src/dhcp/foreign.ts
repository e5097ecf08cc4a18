import type { Clock } from "../clock.ts";
import { type Ipv4Address, type MacAddress, macFromBytes, macToBytes } from "../wire/addresses.ts";
import { Reader } from "../wire/reader.ts";
import { limitedBroadcast } from "./destination.ts";
import { option } from "./options.ts";
import { type DhcpPacket, decodePacket, encodePacket, noAddress } from "./packet.ts";
import { messageTypeOf, messageTypes } from "./request.ts";
import { openDhcpSocket } from "./socket.ts";
import { addressOf, encoded } from "./values.ts";

/** For a MAC address and an xid. */
const chanceBytes = 6 + 4;

export interface ForeignServer {
  readonly server: Ipv4Address;
  /** What it would give an unknown machine; 0.0.0.0 from a proxy that offers only a boot file. */
  readonly offered: Ipv4Address;
}

/**
 * Asks an interface's segment for addresses, as a machine that nobody knows, and tells who else offers one. Asks twice:
 * as an operating system and as a PXE ROM, since a proxy answers only the latter. No address is taken.
 * Without waiting servers the answer still takes `waitMs`.
 * @throws dhcp-interface-missing, dhcp-port-busy, dhcp-no-privilege, dhcp-socket-failed
 */
export async function findForeignServers(options: {
  readonly interface: string;
  /** Servers that may answer: ours. */
  readonly own: readonly Ipv4Address[];
  readonly waitMs: number;
  readonly clock: Clock;
}): Promise<readonly ForeignServer[]> {
  const { clock, own } = options;
  const found = new Map<Ipv4Address, ForeignServer>();
  const chance = new Reader(clock.randomBytes(chanceBytes));
  const mac = strangersMac(chance.bytes(6));
  const xid = chance.u32();
  const socket = await openDhcpSocket({
    interface: options.interface,
    port: 68,
    shared: true,
    onMessage: (bytes, from) => {
      const offer = readOffer(bytes, { xid, from });
      if (offer && !own.includes(offer.server)) found.set(offer.server, offer);
    },
    onError: () => {},
  });
  try {
    for (const extra of [[], pxeRom]) {
      socket.send(encodePacket(discover(mac, xid, extra)), { address: limitedBroadcast, port: 67 });
      await clock.sleep(options.waitMs / 2);
    }
  } finally {
    await socket.close();
  }
  return [...found.values()];
}

/** An OFFER to our xid; anything else, and what can't be read, is `undefined`. */
export function readOffer(bytes: Uint8Array, asked: { xid: number; from: Ipv4Address }): ForeignServer | undefined {
  try {
    const packet = decodePacket(bytes);
    if (packet.op !== "reply" || packet.xid !== asked.xid || messageTypeOf(packet) !== "offer") return undefined;
    return { server: addressOf(packet.options, option.serverId) ?? asked.from, offered: packet.yiaddr };
  } catch {
    return undefined;
  }
}

type Row = [code: number, value: Uint8Array];

/** RFC 4578: what a BIOS network card says, with the UUID of a machine that has none. */
const pxeRom: readonly Row[] = [
  [option.vendorClass, encoded.text("PXEClient:Arch:00000:UNDI:002001")],
  [option.architecture, encoded.u16(0)],
  [option.networkInterface, Uint8Array.of(1, 2, 1)],
  [option.uuid, new Uint8Array(17)],
];

function discover(mac: MacAddress, xid: number, extra: readonly Row[]): DhcpPacket {
  const addresses = { ciaddr: noAddress, yiaddr: noAddress, siaddr: noAddress, giaddr: noAddress };
  const options = new Map<number, Uint8Array>([
    [option.messageType, encoded.u8(messageTypes.discover)],
    [option.parameterList, Uint8Array.of(option.subnetMask, option.router, option.dnsServers, option.bootFile)],
    [option.maxMessageBytes, encoded.u16(1472)],
    ...extra,
  ]);
  const client = { hardwareType: 1, chaddr: macToBytes(mac), hops: 0, secs: 0, broadcast: true, sname: "", file: "" };
  return { op: "request", xid, ...client, ...addresses, options };
}

/** Random, locally administered, of one station (IEEE 802 §8.2): no vendor's and no node's. */
function strangersMac(random: Uint8Array): MacAddress {
  const [first = 0, ...rest] = random;
  return macFromBytes(Uint8Array.of((first & 0xfc) | 0x02, ...rest));
}
