import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/** The options of one packet by code, in the order in which they came; repeated codes are joined (RFC 3396 §7). */
export type Options = ReadonlyMap<number, Uint8Array>;

/** Option codes that we speak of, by the names of RFC 2132 and the RFC behind each. */
export const option = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  dnsServers: 6,
  hostName: 12,
  domainName: 15,
  broadcastAddress: 28,
  requestedAddress: 50,
  leaseSeconds: 51,
  /** `file` and/or `sname` hold options too (RFC 2132 §9.3). */
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maxMessageBytes: 57,
  renewalSeconds: 58,
  rebindingSeconds: 59,
  vendorClass: 60,
  clientId: 61,
  bootFile: 67,
  /** RFC 3004. */
  userClass: 77,
  /** RFC 3046: the relay's note; comes back as it was, and last. */
  relayAgent: 82,
  /** RFC 4578: architecture, network interface, UUID. */
  architecture: 93,
  networkInterface: 94,
  uuid: 97,
  /** iPXE's own, encapsulated: its features. Nobody else sends it. */
  ipxe: 175,
  end: 255,
} as const;

/**
 * Decodes areas of `code length value…` up to END or the area's end; PAD is skipped. The areas are one sequence:
 * options, then `file`, then `sname` (RFC 3396 §5).
 * @throws WireError if an option runs over the end of its area
 */
export function decodeOptions(areas: readonly Uint8Array[]): Options {
  const pieces = new Map<number, Uint8Array[]>();
  for (const area of areas) {
    for (const [code, value] of readArea(new Reader(area))) {
      const known = pieces.get(code);
      if (known) known.push(value);
      else pieces.set(code, [value]);
    }
  }
  return new Map([...pieces].map(([code, values]) => [code, values.length === 1 ? values[0]! : join(values)]));
}

/** END may be missing: ISC dhcpd and dnsmasq forgive that too. A length beyond the area is never forgiven. */
function* readArea(reader: Reader): Generator<[code: number, value: Uint8Array]> {
  while (reader.remaining > 0) {
    const code = reader.u8();
    if (code === option.end) return;
    if (code === option.pad) continue;
    yield [code, reader.bytes(reader.u8())];
  }
}

/** Options in the map's order and END. A value over 255 bytes is split into options of the same code (RFC 3396 §6). */
export function encodeOptions(options: Options): Uint8Array {
  const writer = new Writer();
  for (const [code, value] of options) {
    if (code === option.pad || code === option.end) throw new RangeError(`option ${code} holds no value`);
    for (let at = 0; at === 0 || at < value.length; at += 255) {
      const piece = value.subarray(at, at + 255);
      writer.u8(code).u8(piece.length).bytes(piece);
    }
  }
  return writer.u8(option.end).finish();
}

/** The area's code-by-code length on the wire, END included. */
export const encodedBytes = (options: Options): number => encodeOptions(options).length;

/** The first value of `overload`, from the options area alone (RFC 2131 §4.1); 0 if it is absent. */
export function readOverload(options: Options): number {
  const value = options.get(option.overload);
  if (!value) return 0;
  const overload = value.length === 1 ? value[0]! : 0;
  if (overload < 1 || overload > 3) throw new WireError(`option 52 holds ${value.length} bytes, not 1, 2 or 3`, 0);
  return overload;
}

function join(values: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const value of values) writer.bytes(value);
  return writer.finish();
}
