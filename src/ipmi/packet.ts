import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { type AsfMessage, readAsf, readRmcpHeader, writeRmcpHeader } from "./rmcp.ts";

/*
 * What surrounds a message, IPMI 2.0 §13.6. IPMI 1.5 (only outside of a session, for Get Channel Authentication
 * Capabilities):   00 | sequence 0 | session id 0 | length (1) | message
 * RMCP+:           06 | payload type, 80 encrypted, 40 signed | session id | sequence | length (2) | payload | trailer
 */
const AUTH_NONE = 0x00;
const AUTH_RMCP_PLUS = 0x06;
const ENCRYPTED = 0x80;
const SIGNED = 0x40;

/** §13.27.3, table 13-16. */
const PAYLOAD_TYPES = {
  ipmi: 0x00,
  "open-session-request": 0x10,
  "open-session-response": 0x11,
  "rakp-1": 0x12,
  "rakp-2": 0x13,
  "rakp-3": 0x14,
  "rakp-4": 0x15,
} as const;

export type PayloadType = keyof typeof PAYLOAD_TYPES;

export type Packet =
  | AsfMessage
  /** IPMI 1.5 framing, no session. */
  | { readonly kind: "plain"; readonly payload: Uint8Array }
  /** RMCP+ before there are keys. */
  | { readonly kind: "setup"; readonly payloadType: PayloadType; readonly payload: Uint8Array }
  /** RMCP+ with signature and encryption; `session` is for `unseal`. */
  | { readonly kind: "sealed"; readonly sessionId: number; readonly session: Uint8Array };

/** Throws a WireError for what is none of these; a server drops that, a client goes on waiting. */
export function decodePacket(datagram: Uint8Array): Packet {
  const reader = new Reader(datagram);
  if (readRmcpHeader(reader) === "asf") return readAsf(reader);
  const session = datagram.slice(reader.offset);
  if (session[0] === AUTH_NONE) return readPlain(reader);
  const header = readSessionHeader(reader);
  if (header.protected) return { kind: "sealed", sessionId: header.sessionId, session };
  if (header.sessionId !== 0) throw new WireError("a packet of a session, unprotected", reader.offset);
  return { kind: "setup", payloadType: header.payloadType, payload: reader.bytes(header.payloadBytes) };
}

export function encodePlain(payload: Uint8Array): Uint8Array {
  const writer = writeRmcpHeader(new Writer(), "ipmi").u8(AUTH_NONE).u32le(0).u32le(0);
  return writer.u8(payload.length).bytes(payload).finish();
}

export function encodeSetup(payloadType: PayloadType, payload: Uint8Array): Uint8Array {
  const writer = writeRmcpHeader(new Writer(), "ipmi");
  const header = { payloadType, protected: false, sessionId: 0, sequence: 0 };
  return writeSessionHeader(writer, header, payload).finish();
}

export interface SessionHeader {
  readonly payloadType: PayloadType;
  /** Signed and encrypted; one without the other is refused. */
  readonly protected: boolean;
  readonly sessionId: number;
  readonly sequence: number;
}

export function readSessionHeader(reader: Reader): SessionHeader & { readonly payloadBytes: number } {
  const start = reader.offset;
  const authType = reader.u8();
  if (authType !== AUTH_RMCP_PLUS) throw new WireError(`authentication type ${authType} is not RMCP+`, start);
  const type = reader.u8();
  const protection = type & (ENCRYPTED | SIGNED);
  if (protection === ENCRYPTED || protection === SIGNED)
    throw new WireError("signed or encrypted, not both", start + 1);
  const payloadType = payloadTypeOf(type & 0x3f, start + 1);
  const [sessionId, sequence] = [reader.u32le(), reader.u32le()];
  return { payloadType, protected: protection !== 0, sessionId, sequence, payloadBytes: reader.u16le() };
}

export function writeSessionHeader(writer: Writer, header: SessionHeader, payload: Uint8Array): Writer {
  const protection = header.protected ? ENCRYPTED | SIGNED : 0;
  writer.u8(AUTH_RMCP_PLUS).u8(PAYLOAD_TYPES[header.payloadType] | protection);
  return writer.u32le(header.sessionId).u32le(header.sequence).u16le(payload.length).bytes(payload);
}

function readPlain(reader: Reader): Packet {
  reader.skip(1 + 4);
  const sessionId = reader.u32le();
  if (sessionId !== 0) throw new WireError("an IPMI 1.5 session, which is not spoken here", reader.offset - 4);
  return { kind: "plain", payload: reader.bytes(reader.u8()) };
}

function payloadTypeOf(code: number, offset: number): PayloadType {
  const found = Object.entries(PAYLOAD_TYPES).find(([, value]) => value === code);
  if (!found) throw new WireError(`payload type 0x${code.toString(16)} is unknown here`, offset);
  return found[0] as PayloadType;
}
