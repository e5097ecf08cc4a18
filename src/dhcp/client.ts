import { Reader } from "../wire/reader.ts";
import { type Options, option } from "./options.ts";
import type { BootClient } from "./policy.ts";
import { printable, textOf } from "./values.ts";

/** What a machine says of itself; everything here is hearsay and unlocks nothing. */
export type ClientIdentity = Omit<BootClient, "mac" | "network">;

/**
 * Which program is asking: iPXE (also under another class), UEFI HTTP boot, a PXE ROM, or an operating system.
 * iPXE keeps the ROM's `PXEClient` in option 60, so 77 and 175 are looked at first.
 */
export function identifyClient(options: Options): ClientIdentity {
  const vendorClass = textOf(options, option.vendorClass);
  const userClass = userClassOf(options);
  const architecture = architectureOf(options);
  const uuid = uuidOf(options);
  return {
    kind: kindOf(options, { vendorClass, userClass }),
    ...(architecture !== undefined && { architecture }),
    ...(uuid !== undefined && { uuid }),
    ...(vendorClass !== undefined && { vendorClass }),
    ...(userClass !== undefined && { userClass }),
  };
}

function kindOf(
  options: Options,
  { vendorClass = "", userClass }: { vendorClass: string | undefined; userClass: string | undefined },
): BootClient["kind"] {
  if (userClass === "iPXE" || options.has(option.ipxe)) return "ipxe";
  if (vendorClass.startsWith("HTTPClient")) return "http-boot";
  if (vendorClass.startsWith("PXEClient") || options.has(option.architecture)) return "pxe";
  return "os";
}

/** RFC 4578 §2.1: a list of 16-bit types, the first being the one that asks. Odd lengths say nothing. */
function architectureOf(options: Options): number | undefined {
  const value = options.get(option.architecture);
  return value && value.length >= 2 ? new Reader(value).u16() : undefined;
}

/** RFC 3004 §4 wants length-prefixed classes; iPXE and most others send the bare text. The first class is taken. */
function userClassOf(options: Options): string | undefined {
  const value = options.get(option.userClass);
  if (!value || value.length === 0) return undefined;
  const first = value[0]!;
  return printable(first > 0 && first < value.length && prefixed(value) ? value.slice(1, 1 + first) : value);
}

/** Do the length bytes lead exactly to the end? */
function prefixed(value: Uint8Array): boolean {
  let at = 0;
  while (at < value.length) at += 1 + value[at]!;
  return at === value.length;
}

/** RFC 4578 §2.3: type 0 and 16 bytes, the first three fields little-endian. All zero is a machine without one. */
function uuidOf(options: Options): string | undefined {
  const value = options.get(option.uuid);
  if (value?.length !== 17 || value[0] !== 0 || value.every((byte) => byte === 0)) return undefined;
  const order = [4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16];
  const digits = order.map((at) => value[at]!.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
