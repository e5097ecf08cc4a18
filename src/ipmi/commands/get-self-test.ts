import { Reader } from "../../wire/reader.ts";
import { type Command, netFns, nothing } from "../command.ts";

/** Get Self Test Results, IPMI 2.0 §20.4. 0x55 = no error. */
export const getSelfTest: Command<undefined, { readonly result: number; readonly detail: number }> = {
  name: "get self test results",
  netFn: netFns.app,
  command: 0x04,
  encodeRequest: nothing.encode,
  decodeRequest: nothing.decode,
  encodeResponse: ({ result, detail }) => Uint8Array.of(result, detail),
  decodeResponse: (bytes) => {
    const reader = new Reader(bytes);
    return { result: reader.u8(), detail: reader.u8() };
  },
};
