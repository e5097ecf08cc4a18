import { Reader } from "../../wire/reader.ts";
import { Writer } from "../../wire/writer.ts";
import { type Command, netFns } from "../command.ts";
import {
  type BootOption,
  type BootParameter,
  decodeBootOption,
  encodeBootOption,
  parameterOf,
} from "./boot-options.ts";

const PARAMETER_VERSION = 0x01;
const LOCKED = 0x80;

/** Get System Boot Options, IPMI 2.0 §28.13. */
export const getBootOptions: Command<{ readonly parameter: BootParameter }, BootOption> = {
  name: "get system boot options",
  netFn: netFns.chassis,
  command: 0x09,
  completions: { 128: "it does not have this parameter" },
  encodeRequest: ({ parameter }) => Uint8Array.of(parameter, 0, 0),
  decodeRequest: (bytes) => ({ parameter: new Reader(bytes).u8() & 0x7f }),
  encodeResponse: (option) =>
    new Writer().u8(PARAMETER_VERSION).u8(parameterOf(option)).bytes(encodeBootOption(option)).finish(),
  decodeResponse: (bytes) => {
    const reader = new Reader(bytes);
    reader.skip(1);
    return decodeBootOption(reader.u8() & ~LOCKED, reader.rest());
  },
};
