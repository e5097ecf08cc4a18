import { timingSafeEqual } from "node:crypto";
import type { Secret } from "../secret.ts";
import { Writer } from "../wire/writer.ts";
import { type CipherSuite, hmac } from "./suites.ts";

/** What both sides know after RAKP 2, in the names of IPMI 2.0 §13.31. */
export interface Exchange {
  readonly suite: CipherSuite;
  /** SID_M, R_M: the remote console's session id and 16 random bytes. */
  readonly consoleSessionId: number;
  readonly consoleRandom: Uint8Array;
  /** SID_C, R_C: the managed system's. */
  readonly bmcSessionId: number;
  readonly bmcRandom: Uint8Array;
  /** GUID_C, 16 bytes. */
  readonly guid: Uint8Array;
  /** Role_M, the whole byte of RAKP 1: privilege and the lookup bit. */
  readonly role: number;
  readonly user: string;
  /** K_UID. Never goes over the wire. */
  readonly password: Secret;
}

/** K1 signs packets, K2 encrypts them (§13.32). */
export interface SessionKeys {
  readonly suite: CipherSuite;
  readonly k1: Uint8Array;
  readonly k2: Uint8Array;
}

/** IPMI 2.0 §22.30. */
export const MAX_PASSWORD_BYTES = 20;

/** §13.31: HMAC_KUID(SID_M, SID_C, R_M, R_C, GUID_C, Role_M, ULength, UName). Proves that the BMC knows the password. */
export function rakp2Code(exchange: Exchange): Uint8Array {
  const content = new Writer().u32le(exchange.consoleSessionId).u32le(exchange.bmcSessionId);
  content.bytes(exchange.consoleRandom).bytes(exchange.bmcRandom).bytes(exchange.guid);
  return hmac(exchange.suite, userKey(exchange), writeUser(content, exchange).finish());
}

/** §13.31: HMAC_KUID(R_C, SID_M, Role_M, ULength, UName). Proves that the console knows the password. */
export function rakp3Code(exchange: Exchange): Uint8Array {
  const content = new Writer().bytes(exchange.bmcRandom).u32le(exchange.consoleSessionId);
  return hmac(exchange.suite, userKey(exchange), writeUser(content, exchange).finish());
}

/** §13.31: HMAC_SIK(R_M, SID_C, GUID_C), cut to the suite's integrity length. Proves that both made the same keys. */
export function rakp4Check(exchange: Exchange): Uint8Array {
  const content = new Writer().bytes(exchange.consoleRandom).u32le(exchange.bmcSessionId).bytes(exchange.guid);
  return hmac(exchange.suite, sessionKey(exchange), content.finish()).slice(0, exchange.suite.integrityBytes);
}

/** §13.32: K_n = HMAC_SIK(n repeated 20 times), in every suite. */
export function deriveKeys(exchange: Exchange): SessionKeys {
  const sik = sessionKey(exchange);
  const derive = (n: number) => hmac(exchange.suite, sik, new Uint8Array(20).fill(n));
  return { suite: exchange.suite, k1: derive(1), k2: derive(2) };
}

/** Compares without telling by the time how much was right. */
export function sameCode(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** §13.31: SIK = HMAC_KG(R_M, R_C, Role_M, ULength, UName); K_G is the user's key when the BMC has none ("one-key"). */
function sessionKey(exchange: Exchange): Uint8Array {
  const content = new Writer().bytes(exchange.consoleRandom).bytes(exchange.bmcRandom);
  return hmac(exchange.suite, userKey(exchange), writeUser(content, exchange).finish());
}

/** The spec pads K_UID to 20 bytes with zeros; so does HMAC itself. */
const userKey = ({ password }: Exchange) => Buffer.from(password.reveal(), "utf8");

function writeUser(writer: Writer, { role, user }: Exchange): Writer {
  const name = Buffer.from(user, "latin1");
  return writer.u8(role).u8(name.length).bytes(name);
}
