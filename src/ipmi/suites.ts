import { createHmac } from "node:crypto";

/**
 * IPMI 2.0 §22.15.2, table 22-20. Only suites that authenticate, sign and encrypt are here: a suite that isn't in
 * this list can't be spoken by either half of this room. Suite 0 logs in without a password.
 */
export interface CipherSuite {
  readonly id: number;
  /** Algorithm numbers as they go into an Open Session Request, tables 13-17 to 13-19. */
  readonly algorithms: Algorithms;
  readonly hash: "sha1" | "sha256";
  /** Bytes of a RAKP 2 or 3 authentication code: the whole HMAC. */
  readonly authCodeBytes: number;
  /** Bytes of RAKP 4's check value and of each packet's signature: the HMAC cut to 96 or 128 bits. */
  readonly integrityBytes: number;
}

export interface Algorithms {
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
}

export const suite17: CipherSuite = {
  id: 17,
  algorithms: { authentication: 0x03, integrity: 0x04, confidentiality: 0x01 },
  hash: "sha256",
  authCodeBytes: 32,
  integrityBytes: 16,
};

export const suite3: CipherSuite = {
  id: 3,
  algorithms: { authentication: 0x01, integrity: 0x01, confidentiality: 0x01 },
  hash: "sha1",
  authCodeBytes: 20,
  integrityBytes: 12,
};

/** Strongest first. */
export const suites = [suite17, suite3] as const;

export type SuiteId = 17 | 3;

/** `undefined` for every other number, whoever asks for it. */
export function suiteById(id: number): CipherSuite | undefined {
  return suites.find((suite) => suite.id === id);
}

/** The suite with exactly these algorithms; `undefined` for all that we don't speak. */
export function suiteByAlgorithms(asked: Algorithms): CipherSuite | undefined {
  return suites.find((suite) => sameAlgorithms(suite.algorithms, asked));
}

export function sameAlgorithms(a: Algorithms, b: Algorithms): boolean {
  return (
    a.authentication === b.authentication && a.integrity === b.integrity && a.confidentiality === b.confidentiality
  );
}

/** The suite's keyed hash, uncut. */
export function hmac(suite: CipherSuite, key: Uint8Array, content: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac(suite.hash, key).update(content).digest());
}
