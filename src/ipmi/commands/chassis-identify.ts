import { Reader } from "../../wire/reader.ts";
import { type Command, netFns, nothing } from "../command.ts";

export interface Identify {
  /** 0 = light off, up to 255. */
  readonly seconds: number;
}

/** §28.5: without a time the light is on for 15 s. */
const DEFAULT_SECONDS = 15;

/** Chassis Identify, IPMI 2.0 §28.5. */
export const chassisIdentify: Command<Identify, undefined> = {
  name: "chassis identify",
  netFn: netFns.chassis,
  command: 0x04,
  encodeRequest: ({ seconds }) => Uint8Array.of(seconds),
  decodeRequest: (bytes) => ({ seconds: bytes.length > 0 ? new Reader(bytes).u8() : DEFAULT_SECONDS }),
  encodeResponse: nothing.encode,
  decodeResponse: nothing.decode,
};
