import test from "ava";
import { identifyClient } from "../../src/dhcp/client.ts";
import { option } from "../../src/dhcp/options.ts";
import type { BootClient } from "../../src/dhcp/policy.ts";
import { encoded } from "../../src/dhcp/values.ts";
import { hex } from "./requests.ts";

const pxe = [option.vendorClass, encoded.text("PXEClient:Arch:00000:UNDI:002001")] as const;

for (const [what, options, kind] of [
  ["a PXE ROM by option 60", [pxe], "pxe"],
  ["a PXE ROM by option 93 alone", [[option.architecture, hex("0007")]], "pxe"],
  ["iPXE by its user class", [pxe, [option.userClass, encoded.text("iPXE")]], "ipxe"],
  ["iPXE by its user class in RFC 3004's form", [pxe, [option.userClass, hex("04 69505845")]], "ipxe"],
  ["iPXE by option 175 alone", [pxe, [option.ipxe, hex("eb03010000")]], "ipxe"],
  ["UEFI HTTP boot", [[option.vendorClass, encoded.text("HTTPClient:Arch:00016:UNDI:003000")]], "http-boot"],
  ["Debian's installer", [[option.vendorClass, encoded.text("d-i")]], "os"],
  ["busybox", [[option.vendorClass, encoded.text("udhcp 1.35.0")]], "os"],
  ["a machine that says nothing", [], "os"],
  ["another user class than iPXE", [[option.userClass, encoded.text("iPXE-like")]], "os"],
] as readonly (readonly [string, readonly (readonly [number, Uint8Array])[], BootClient["kind"]])[]) {
  test(`recognises ${what}`, (t) => t.is(identifyClient(new Map(options)).kind, kind));
}

for (const [what, code, value, field, expected] of [
  [
    "a UUID, its first fields little-endian",
    option.uuid,
    "00 44454c4c 3100 1030 8057 b8c04f4a3258",
    "uuid",
    "4c4c4544-0031-3010-8057-b8c04f4a3258",
  ],
  ["no UUID when it is all zero", option.uuid, "00".repeat(17), "uuid", undefined],
  ["no UUID of another type", option.uuid, `01${"11".repeat(16)}`, "uuid", undefined],
  ["no UUID of 16 bytes", option.uuid, "00".repeat(16), "uuid", undefined],
  ["the first of several architectures", option.architecture, "0007 0009", "architecture", 7],
  ["no architecture of one byte", option.architecture, "07", "architecture", undefined],
  ["no user class of no bytes", option.userClass, "", "userClass", undefined],
  ["control characters made harmless", option.vendorClass, "1b5b326a 0a 41 00", "vendorClass", "?[2j?A"],
] as const) {
  test(`reads ${what}`, (t) => t.is(identifyClient(new Map([[code, hex(value)]]))[field], expected));
}
