import { Reader } from "../../wire/reader.ts";
import { Writer } from "../../wire/writer.ts";
import { type Command, netFns, nothing } from "../command.ts";
import { type BootOption, decodeBootOption, encodeBootOption, parameterOf } from "./boot-options.ts";

/** Set System Boot Options, IPMI 2.0 §28.12. */
export const setBootOptions: Command<BootOption, undefined> = {
  name: "set system boot options",
  netFn: netFns.chassis,
  command: 0x08,
  completions: { 128: "it does not have this parameter", 129: "another is setting it", 130: "it is read-only" },
  encodeRequest: (option) => new Writer().u8(parameterOf(option)).bytes(encodeBootOption(option)).finish(),
  decodeRequest: (bytes) => {
    const reader = new Reader(bytes);
    return decodeBootOption(reader.u8() & 0x7f, reader.rest());
  },
  encodeResponse: nothing.encode,
  decodeResponse: nothing.decode,
};
