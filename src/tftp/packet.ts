import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/**
 * TFTP on the wire (RFC 1350 §5, RFC 2347):
 *
 *     1 RRQ, 2 WRQ   | opcode | file 0 | mode 0 | name 0 | value 0 | … |
 *     3 DATA         | opcode | block | 0 … blksize bytes |
 *     4 ACK          | opcode | block |
 *     5 ERROR        | opcode | code  | message 0 |
 *     6 OACK         | opcode | name 0 | value 0 | … |
 */
export type TftpPacket =
  | { readonly kind: "read" | "write"; readonly file: string; readonly mode: string; readonly options: TftpOptions }
  | { readonly kind: "data"; readonly block: number; readonly payload: Uint8Array }
  | { readonly kind: "ack"; readonly block: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "option-ack"; readonly options: TftpOptions };

/** Option names (as written by the sender) and values, in order. */
export type TftpOptions = readonly (readonly [name: string, value: string])[];

/** RFC 1350 appendix, RFC 2347 §2. */
export const errorCodes = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransfer: 5,
  options: 8,
} as const;

/** Throws {@link WireError} for everything that isn't a whole TFTP packet. */
export function decode(datagram: Uint8Array): TftpPacket {
  const reader = new Reader(datagram);
  const opcode = reader.u16();
  switch (opcode) {
    case 1:
    case 2:
      return {
        kind: opcode === 1 ? "read" : "write",
        file: reader.cString(),
        mode: reader.cString().toLowerCase(),
        options: readOptions(reader),
      };
    case 3:
      return { kind: "data", block: reader.u16(), payload: reader.rest() };
    case 4:
      return { kind: "ack", block: reader.u16() };
    case 5:
      return { kind: "error", code: reader.u16(), message: readMessage(reader) };
    case 6:
      return { kind: "option-ack", options: readOptions(reader) };
    default:
      throw new WireError(`no TFTP packet has the opcode ${opcode}`, 0);
  }
}

export function encode(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case "read":
    case "write": {
      const writer = new Writer().u16(packet.kind === "read" ? 1 : 2).cString(packet.file);
      return writeOptions(writer.cString(packet.mode), packet.options);
    }
    case "data":
      return encodeData(packet.block, packet.payload);
    case "ack":
      return new Writer().u16(4).u16(packet.block).finish();
    case "error":
      return new Writer().u16(5).u16(packet.code).cString(packet.message).finish();
    case "option-ack":
      return writeOptions(new Writer().u16(6), packet.options);
    default:
      return packet satisfies never;
  }
}

/** One allocation and one copy: this is the packet that counts. */
function encodeData(block: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + payload.length);
  bytes[1] = 3;
  bytes[2] = block >> 8;
  bytes[3] = block & 0xff;
  bytes.set(payload, 4);
  return bytes;
}

/** Some ROMs forget the closing NUL of an error's text, or the text. */
function readMessage(reader: Reader): string {
  const text = Buffer.from(reader.rest()).toString("latin1");
  return text.split("\0", 1)[0] as string;
}

function readOptions(reader: Reader): TftpOptions {
  const options: [string, string][] = [];
  while (reader.remaining > 0) options.push([reader.cString(), reader.cString()]);
  return options;
}

function writeOptions(writer: Writer, options: TftpOptions): Uint8Array {
  for (const [name, value] of options) writer.cString(name).cString(value);
  return writer.finish();
}
