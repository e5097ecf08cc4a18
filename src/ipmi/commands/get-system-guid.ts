import { Reader } from "../../wire/reader.ts";
import { type Command, netFns, nothing } from "../command.ts";

export interface SystemGuid {
  /** 16 bytes as they came. */
  readonly bytes: Uint8Array;
}

/** Get System GUID, IPMI 2.0 §22.14. */
export const getSystemGuid: Command<undefined, SystemGuid> = {
  name: "get system GUID",
  netFn: netFns.app,
  command: 0x37,
  encodeRequest: nothing.encode,
  decodeRequest: nothing.decode,
  encodeResponse: ({ bytes }) => bytes,
  decodeResponse: (bytes) => ({ bytes: new Reader(bytes).bytes(16) }),
};

/**
 * The GUID as text, for recognising a machine again; `undefined` if it is all zeros. §20.8 sends the fields from the
 * last to the first, each little-endian: all 16 bytes reversed. Many BMCs send SMBIOS order instead, so this is a name
 * that stays the same, not proof that it equals the machine's SMBIOS UUID.
 */
export function formatGuid(bytes: Uint8Array): string | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  const digits = Buffer.from(bytes).reverse().toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
