import { createCipheriv, createDecipheriv } from "node:crypto";
import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { type PayloadType, readSessionHeader, writeSessionHeader } from "./packet.ts";
import { type SessionKeys, sameCode } from "./rakp.ts";
import { writeRmcpHeader } from "./rmcp.ts";
import { hmac } from "./suites.ts";

/*
 * A packet inside a session, IPMI 2.0 §13.6: signed and encrypted, always both.
 *
 *   RMCP header | 06 c0 sessionId sequence length | IV, AES-CBC(payload, pad) | ff … padLength 07 | signature
 *                 `------------------- what the signature covers --------------------------------'
 */
const NEXT_HEADER = 0x07;
const IV_BYTES = 16;
const BLOCK_BYTES = 16;

export interface SealedPacket {
  readonly payloadType: PayloadType;
  /** The receiver's session id. */
  readonly sessionId: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** @param iv 16 bytes that nobody can foresee (§13.29.2) */
export function seal(packet: SealedPacket, keys: SessionKeys, iv: Uint8Array): Uint8Array {
  const covered = new Writer();
  const { payloadType, sessionId, sequence } = packet;
  writeSessionHeader(covered, { payloadType, protected: true, sessionId, sequence }, encrypt(packet.payload, keys, iv));
  const padBytes = (4 - ((covered.length + 2) % 4)) % 4;
  covered.bytes(new Uint8Array(padBytes).fill(0xff)).u8(padBytes).u8(NEXT_HEADER);
  const signed = covered.finish();
  return writeRmcpHeader(new Writer(), "ipmi").bytes(signed).bytes(sign(signed, keys)).finish();
}

/** @param session the datagram after its RMCP header. Throws a WireError for what is not signed with these keys. */
export function unseal(session: Uint8Array, keys: SessionKeys): SealedPacket {
  const signedBytes = session.length - keys.suite.integrityBytes;
  const signed = session.slice(0, Math.max(0, signedBytes));
  if (!sameCode(session.slice(signed.length), sign(signed, keys)))
    throw new WireError("wrong signature", signed.length);
  const reader = new Reader(signed);
  const header = readSessionHeader(reader);
  if (!header.protected) throw new WireError("neither signed nor encrypted", 1);
  const { payloadType, sessionId, sequence } = header;
  return { payloadType, sessionId, sequence, payload: decrypt(reader.bytes(header.payloadBytes), keys) };
}

/** §13.28.4: HMAC with K1, cut. */
function sign(signed: Uint8Array, keys: SessionKeys): Uint8Array {
  return hmac(keys.suite, keys.k1, signed).slice(0, keys.suite.integrityBytes);
}

/** §13.29: IV, then AES-CBC-128 with the first 16 bytes of K2 over payload, pad 01 02 03 …, and the pad's length. */
function encrypt(payload: Uint8Array, { k2 }: SessionKeys, iv: Uint8Array): Uint8Array {
  const padBytes = (BLOCK_BYTES - ((payload.length + 1) % BLOCK_BYTES)) % BLOCK_BYTES;
  const pad = Uint8Array.from({ length: padBytes }, (_, index) => index + 1);
  const cipher = createCipheriv("aes-128-cbc", k2.slice(0, 16), iv).setAutoPadding(false);
  const plain = new Writer().bytes(payload).bytes(pad).u8(padBytes).finish();
  return new Writer().bytes(iv).bytes(cipher.update(plain)).bytes(cipher.final()).finish();
}

function decrypt(encrypted: Uint8Array, { k2 }: SessionKeys): Uint8Array {
  if (encrypted.length < 2 * IV_BYTES || encrypted.length % BLOCK_BYTES !== 0) {
    throw new WireError(`${encrypted.length} bytes are no AES-CBC-128 payload`, 0);
  }
  const decipher = createDecipheriv("aes-128-cbc", k2.slice(0, 16), encrypted.slice(0, IV_BYTES)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(encrypted.slice(IV_BYTES)), decipher.final()]);
  const padBytes = plain.at(-1) as number;
  if (padBytes >= BLOCK_BYTES) throw new WireError(`a pad of ${padBytes} bytes`, plain.length - 1);
  return new Uint8Array(plain.subarray(0, plain.length - 1 - padBytes));
}
