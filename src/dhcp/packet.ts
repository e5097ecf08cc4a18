import { type Ipv4Address, ipv4FromBytes, ipv4ToBytes } from "../wire/addresses.ts";
import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { decodeOptions, encodeOptions, type Options, option, readOverload } from "./options.ts";

/*
 * RFC 2131 §2; offsets in bytes.
 *
 *    0 ┌────────┬────────┬────────┬────────┐
 *      │ op     │ htype  │ hlen   │ hops   │   op: 1 from the client, 2 from the server; htype 1, hlen 6: Ethernet
 *    4 ├────────┴────────┴────────┴────────┤
 *      │ xid                               │   the client's; ties replies to requests
 *    8 ├─────────────────┬─────────────────┤
 *      │ secs            │ B  flags        │   B: "answer me by broadcast"
 *   12 ├─────────────────┴─────────────────┤
 *      │ ciaddr                            │   the address that the client has and uses
 *   16 │ yiaddr                            │   the address that it gets
 *   20 │ siaddr                            │   where its boot file is
 *   24 │ giaddr                            │   the relay, on the client's side
 *   28 ├───────────────────────────────────┤
 *      │ chaddr                16 bytes    │   hlen of them count
 *   44 ├───────────────────────────────────┤
 *      │ sname                 64 bytes    │   text, or more options (overload 2, 3)
 *  108 ├───────────────────────────────────┤
 *      │ file                 128 bytes    │   text, or more options (overload 1, 3)
 *  236 ├───────────────────────────────────┤
 *      │ 63 82 53 63                       │   the magic cookie
 *  240 ├───────────────────────────────────┤
 *      │ options …                     255 │
 *      └───────────────────────────────────┘
 */
export interface DhcpPacket {
  readonly op: "request" | "reply";
  /** RFC 1700: 1 is Ethernet. */
  readonly hardwareType: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  readonly broadcast: boolean;
  readonly ciaddr: Ipv4Address;
  readonly yiaddr: Ipv4Address;
  readonly siaddr: Ipv4Address;
  readonly giaddr: Ipv4Address;
  /** As many bytes as `hlen` says. */
  readonly chaddr: Uint8Array;
  readonly sname: string;
  readonly file: string;
  /** Without option 52: that one describes the wire, and its work is done here. */
  readonly options: Options;
}

export const noAddress = "0.0.0.0" as Ipv4Address;

const magicCookie = 0x63825363;
const broadcastFlag = 0x8000;
/** RFC 1542 §2.1: BOOTP's size, below which old relays and boot ROMs drop a packet. */
const minimumBytes = 300;
/** More than any client sends: what is longer wants to cost us time. */
const maximumBytes = 4096;

/**
 * Decodes a datagram of port 67 or 68.
 * @throws WireError if it is short, over-long, plain BOOTP (no cookie), or an option leaves its area
 */
export function decodePacket(datagram: Uint8Array): DhcpPacket {
  if (datagram.length > maximumBytes) throw new WireError(`${datagram.length} bytes are too many`, maximumBytes);
  const reader = new Reader(datagram);
  const op = readOp(reader);
  const hardwareType = reader.u8();
  const hardwareBytes = reader.u8();
  if (hardwareBytes > 16) throw new WireError(`a hardware address of ${hardwareBytes} bytes`, 2);
  const hops = reader.u8();
  const xid = reader.u32();
  const secs = reader.u16();
  const broadcast = (reader.u16() & broadcastFlag) !== 0;
  const [ciaddr, yiaddr, siaddr, giaddr] = [
    readAddress(reader),
    readAddress(reader),
    readAddress(reader),
    readAddress(reader),
  ];
  const chaddr = reader.bytes(16).slice(0, hardwareBytes);
  const names = readNames(reader);
  return { op, hardwareType, hops, xid, secs, broadcast, ciaddr, yiaddr, siaddr, giaddr, chaddr, ...names };
}

/** The packet's bytes, padded to BOOTP's 300; `sname` and `file` must fit their fields with a closing NUL. */
export function encodePacket(packet: DhcpPacket): Uint8Array {
  const writer = new Writer()
    .u8(packet.op === "request" ? 1 : 2)
    .u8(packet.hardwareType)
    .u8(packet.chaddr.length)
    .u8(packet.hops)
    .u32(packet.xid)
    .u16(packet.secs)
    .u16(packet.broadcast ? broadcastFlag : 0);
  for (const address of [packet.ciaddr, packet.yiaddr, packet.siaddr, packet.giaddr])
    writer.bytes(ipv4ToBytes(address));
  writer.bytes(field(packet.chaddr, 16)).bytes(textField(packet.sname, 64)).bytes(textField(packet.file, 128));
  writer.u32(magicCookie).bytes(encodeOptions(packet.options));
  return writer.zeros(Math.max(0, minimumBytes - writer.length)).finish();
}

/** `sname`, `file` and all options; an overloaded field is options and no text (RFC 2131 §4.1). */
function readNames(reader: Reader): Pick<DhcpPacket, "sname" | "file" | "options"> {
  const sname = reader.bytes(64);
  const file = reader.bytes(128);
  const cookie = reader.u32();
  if (cookie !== magicCookie) throw new WireError(`magic cookie is ${cookie.toString(16)}, not 63825363`, 236);
  const area = reader.rest();
  const overload = readOverload(decodeOptions([area]));
  const more = [overload & 1 ? file : undefined, overload & 2 ? sname : undefined].filter((each) => each !== undefined);
  const options = new Map(decodeOptions([area, ...more]));
  options.delete(option.overload);
  return { sname: overload & 2 ? "" : text(sname), file: overload & 1 ? "" : text(file), options };
}

function readOp(reader: Reader): DhcpPacket["op"] {
  const op = reader.u8();
  if (op !== 1 && op !== 2) throw new WireError(`op is ${op}, neither request nor reply`, 0);
  return op === 1 ? "request" : "reply";
}

const readAddress = (reader: Reader) => ipv4FromBytes(reader.bytes(4));

const text = (bytes: Uint8Array) => {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
};

function textField(value: string, size: number): Uint8Array {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length >= size) throw new RangeError(`"${value}" doesn't fit ${size} bytes with its NUL`);
  return field(bytes, size);
}

function field(bytes: Uint8Array, size: number): Uint8Array {
  const padded = new Uint8Array(size);
  padded.set(bytes);
  return padded;
}
