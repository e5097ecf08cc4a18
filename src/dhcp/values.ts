import { type Ipv4Address, ipv4FromBytes, ipv4ToBytes } from "../wire/addresses.ts";
import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { Options } from "./options.ts";

/** An option's value, read at its exact size; `undefined` if the option is absent. Other sizes throw a WireError. */
export function addressOf(options: Options, code: number): Ipv4Address | undefined {
  const value = sized(options, code, 4);
  return value && ipv4FromBytes(value);
}

/** One byte. */
export function u8Of(options: Options, code: number): number | undefined {
  const value = sized(options, code, 1);
  return value && new Reader(value).u8();
}

/** Two bytes. */
export function u16Of(options: Options, code: number): number | undefined {
  const value = sized(options, code, 2);
  return value && new Reader(value).u16();
}

/**
 * Text as strangers send it: ends at a trailing NUL (RFC 2132 §2), and what isn't printable becomes `?`, so that it can
 * go into a log or onto a terminal.
 */
export function textOf(options: Options, code: number): string | undefined {
  const value = options.get(code);
  return value && printable(value);
}

export function printable(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("latin1").replace(/\0+$/, "");
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

/** Values as the server writes them. */
export const encoded = {
  u8: (value: number) => new Writer().u8(value).finish(),
  u16: (value: number) => new Writer().u16(value).finish(),
  u32: (value: number) => new Writer().u32(value).finish(),
  text: (value: string) => new Uint8Array(Buffer.from(value, "latin1")),
  /** With the NUL that OVMF and iPXE are used to from dnsmasq. */
  cString: (value: string) => new Writer().cString(value).finish(),
  addresses: (...values: readonly Ipv4Address[]) => Uint8Array.from(values.flatMap((each) => [...ipv4ToBytes(each)])),
} as const;

function sized(options: Options, code: number, bytes: number): Uint8Array | undefined {
  const value = options.get(code);
  if (value && value.length !== bytes) throw new WireError(`option ${code} has ${value.length} bytes, not ${bytes}`, 0);
  return value;
}
