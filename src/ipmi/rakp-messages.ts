import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { readRefusedId } from "./open-session.ts";

/** RAKP 1, IPMI 2.0 §13.20: console → BMC: who, and a challenge. */
export interface Rakp1 {
  readonly tag: number;
  readonly bmcSessionId: number;
  /** 16 bytes. */
  readonly consoleRandom: Uint8Array;
  /** Privilege in bits 0–3; bit 4: look the user up by name only. */
  readonly role: number;
  readonly user: string;
}

/** RAKP 2, §13.21: BMC → console. */
export interface Rakp2 {
  readonly tag: number;
  /** Missing from a short refusal. */
  readonly consoleSessionId: number | undefined;
  readonly outcome:
    | { readonly kind: "refused"; readonly status: number }
    | {
        readonly kind: "accepted";
        readonly bmcRandom: Uint8Array;
        readonly guid: Uint8Array;
        readonly code: Uint8Array;
      };
}

/** RAKP 3, §13.22: console → BMC. With a status other than 0 it gives the attempt up, and carries no code. */
export interface Rakp3 {
  readonly tag: number;
  readonly status: number;
  readonly bmcSessionId: number;
  readonly code: Uint8Array;
}

/** RAKP 4, §13.23: BMC → console. */
export interface Rakp4 {
  readonly tag: number;
  readonly status: number;
  /** Missing from a short refusal. */
  readonly consoleSessionId: number | undefined;
  readonly check: Uint8Array;
}

export function encodeRakp1({ tag, bmcSessionId, consoleRandom, role, user }: Rakp1): Uint8Array {
  const name = Buffer.from(user, "latin1");
  const writer = new Writer().u8(tag).zeros(3).u32le(bmcSessionId).bytes(consoleRandom);
  return writer.u8(role).zeros(2).u8(name.length).bytes(name).finish();
}

export function decodeRakp1(payload: Uint8Array): Rakp1 {
  const reader = new Reader(payload);
  const tag = reader.u8();
  reader.skip(3);
  const [bmcSessionId, consoleRandom, role] = [reader.u32le(), reader.bytes(16), reader.u8()];
  reader.skip(2);
  const user = Buffer.from(reader.bytes(reader.u8())).toString("latin1");
  return { tag, bmcSessionId, consoleRandom, role, user };
}

export function encodeRakp2({ tag, consoleSessionId, outcome }: Rakp2): Uint8Array {
  const writer = new Writer().u8(tag);
  if (outcome.kind === "refused")
    return writer
      .u8(outcome.status)
      .zeros(2)
      .u32le(consoleSessionId ?? 0)
      .finish();
  writer
    .u8(0)
    .zeros(2)
    .u32le(consoleSessionId ?? 0);
  return writer.bytes(outcome.bmcRandom).bytes(outcome.guid).bytes(outcome.code).finish();
}

export function decodeRakp2(payload: Uint8Array): Rakp2 {
  const { reader, tag, status, sessionId } = readHead(payload);
  if (status !== 0) return { tag, consoleSessionId: sessionId, outcome: { kind: "refused", status } };
  const outcome = { bmcRandom: reader.bytes(16), guid: reader.bytes(16), code: reader.rest() };
  return { tag, consoleSessionId: sessionId, outcome: { kind: "accepted", ...outcome } };
}

export function encodeRakp3({ tag, status, bmcSessionId, code }: Rakp3): Uint8Array {
  return new Writer().u8(tag).u8(status).zeros(2).u32le(bmcSessionId).bytes(code).finish();
}

export function decodeRakp3(payload: Uint8Array): Rakp3 {
  const { reader, tag, status, sessionId } = readHead(payload);
  return { tag, status, bmcSessionId: sessionId ?? 0, code: reader.rest() };
}

export function encodeRakp4({ tag, status, consoleSessionId, check }: Rakp4): Uint8Array {
  return new Writer()
    .u8(tag)
    .u8(status)
    .zeros(2)
    .u32le(consoleSessionId ?? 0)
    .bytes(check)
    .finish();
}

export function decodeRakp4(payload: Uint8Array): Rakp4 {
  const { reader, tag, status, sessionId } = readHead(payload);
  return { tag, status, consoleSessionId: sessionId, check: reader.rest() };
}

/** RAKP 2, 3 and 4 begin alike: tag, status, 2 reserved, the receiver's session id. */
function readHead(payload: Uint8Array) {
  const reader = new Reader(payload);
  const [tag, status] = [reader.u8(), reader.u8()];
  if (status !== 0) return { reader, tag, status, sessionId: readRefusedId(reader) };
  reader.skip(2);
  return { reader, tag, status, sessionId: reader.u32le() };
}
