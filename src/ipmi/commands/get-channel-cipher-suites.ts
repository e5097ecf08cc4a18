import { Reader } from "../../wire/reader.ts";
import { type Command, netFns } from "../command.ts";
import { type CipherSuite, suites } from "../suites.ts";

export interface CipherSuitesRequest {
  readonly channel: number;
  /** The records come in blocks of 16 bytes; this is the block's number. */
  readonly block: number;
}

export interface CipherSuitesBlock {
  readonly channel: number;
  /** Up to 16 bytes of records; fewer mean that it was the last block. */
  readonly records: Uint8Array;
}

const LIST_BY_SUITE = 0x80;
export const CIPHER_BLOCK_BYTES = 16;

/** Get Channel Cipher Suites, IPMI 2.0 §22.15. ipmitool asks for it when it is not told a suite. */
export const getChannelCipherSuites: Command<CipherSuitesRequest, CipherSuitesBlock> = {
  name: "get channel cipher suites",
  netFn: netFns.app,
  command: 0x54,
  encodeRequest: ({ channel, block }) => Uint8Array.of(channel, 0, LIST_BY_SUITE | block),
  decodeRequest: (bytes) => {
    const reader = new Reader(bytes);
    const channel = reader.u8() & 0x0f;
    reader.skip(1);
    return { channel, block: reader.u8() & 0x3f };
  },
  encodeResponse: ({ channel, records }) => Uint8Array.of(channel, ...records),
  decodeResponse: (bytes) => {
    const reader = new Reader(bytes);
    return { channel: reader.u8(), records: reader.rest() };
  },
};

/** §22.15.1, table 22-18: C0, the suite's number, then each algorithm with its tag in bits 6 and 7. */
export function encodeSuiteRecords(offered: readonly CipherSuite[] = suites): Uint8Array {
  return Uint8Array.from(
    offered.flatMap(({ id, algorithms: { authentication, integrity, confidentiality } }) => [
      ...[0xc0, id],
      ...[authentication, 0x40 | integrity, 0x80 | confidentiality],
    ]),
  );
}
