import { type Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/*
 * RMCP, IPMI 2.0 §13.1.3 (after ASF 2.0 §3.2.2):
 *
 *   0        1          2               3
 *   version  reserved   sequence        ack | class
 *   06       00         ff = no ack     06 = ASF, 07 = IPMI
 */
const VERSION = 0x06;
const NO_ACKNOWLEDGE = 0xff;
const CLASSES = { asf: 0x06, ipmi: 0x07 } as const;

export type RmcpClass = keyof typeof CLASSES;

/** The class of the message that follows. RMCP acknowledges (bit 7) carry nothing for us and are refused like junk. */
export function readRmcpHeader(reader: Reader): RmcpClass {
  const start = reader.offset;
  if (reader.u8() !== VERSION) throw new WireError("not RMCP version 1.0", start);
  reader.skip(2);
  const code = reader.u8();
  if (code === CLASSES.asf) return "asf";
  if (code === CLASSES.ipmi) return "ipmi";
  throw new WireError(`RMCP class 0x${code.toString(16)} is neither ASF nor IPMI`, start + 3);
}

export function writeRmcpHeader(writer: Writer, messageClass: RmcpClass): Writer {
  return writer.u8(VERSION).u8(0).u8(NO_ACKNOWLEDGE).u8(CLASSES[messageClass]);
}

/** ASF presence ping and pong, IPMI 2.0 §13.2.3, §13.2.4: "is anybody there", without a session. */
export type AsfMessage =
  | { readonly kind: "asf-ping"; readonly tag: number }
  | { readonly kind: "asf-pong"; readonly tag: number; readonly ipmi: boolean };

const ASF_IANA = 4542;
const PING = 0x80;
const PONG = 0x40;
const IPMI_SUPPORTED = 0x80;
const ASF_VERSION_1 = 0x01;

export function readAsf(reader: Reader): AsfMessage {
  const start = reader.offset;
  if (reader.u32() !== ASF_IANA) throw new WireError("not an ASF message", start);
  const type = reader.u8();
  const tag = reader.u8();
  reader.skip(2);
  if (type === PING) return { kind: "asf-ping", tag };
  if (type !== PONG) throw new WireError(`ASF message type 0x${type.toString(16)} is unknown here`, start + 4);
  reader.skip(8);
  return { kind: "asf-pong", tag, ipmi: (reader.u8() & IPMI_SUPPORTED) !== 0 };
}

export function encodeAsf(message: AsfMessage): Uint8Array {
  const writer = writeRmcpHeader(new Writer(), "asf").u32(ASF_IANA);
  if (message.kind === "asf-ping") return writer.u8(PING).u8(message.tag).zeros(1).u8(0).finish();
  writer.u8(PONG).u8(message.tag).zeros(1).u8(16).u32(ASF_IANA).zeros(4);
  return writer
    .u8((message.ipmi ? IPMI_SUPPORTED : 0) | ASF_VERSION_1)
    .zeros(7)
    .finish();
}
