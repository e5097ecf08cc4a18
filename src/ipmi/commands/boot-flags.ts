import { Reader } from "../../wire/reader.ts";

/** Boot flags, parameter 5 of the system boot options, IPMI 2.0 §28.12, table 28-14. */
export interface BootFlags {
  /** Clear once the firmware has taken them; ipmi_sim (OpenIPMI 2.0.33) never sets it. */
  readonly valid: boolean;
  /** For every boot from now on; else for the next one. */
  readonly persistent: boolean;
  /** For the UEFI firmware, not the legacy BIOS. */
  readonly efi: boolean;
  readonly device: BootDeviceName;
}

const DEVICES = {
  /** No override: the firmware's own order. */
  none: 0x0,
  pxe: 0x1,
  disk: 0x2,
  "disk-safe-mode": 0x3,
  diagnostic: 0x4,
  cdrom: 0x5,
  bios: 0x6,
  "remote-floppy": 0x7,
  "remote-cdrom": 0x8,
  "remote-media": 0x9,
  "remote-disk": 0xb,
  floppy: 0xf,
} as const;

export type BootDeviceName = keyof typeof DEVICES | "reserved";

const VALID = 0x80;
const PERSISTENT = 0x40;
const EFI = 0x20;

export function encodeBootFlags({ valid, persistent, efi, device }: BootFlags): Uint8Array {
  const bits = (valid ? VALID : 0) | (persistent ? PERSISTENT : 0) | (efi ? EFI : 0);
  const code = device === "reserved" ? 0 : DEVICES[device];
  return Uint8Array.of(bits, code << 2, 0, 0, 0);
}

export function decodeBootFlags(bytes: Uint8Array): BootFlags {
  const reader = new Reader(bytes);
  const bits = reader.u8();
  const code = (reader.u8() >> 2) & 0x0f;
  const found = Object.entries(DEVICES).find(([, value]) => value === code);
  return {
    valid: (bits & VALID) !== 0,
    persistent: (bits & PERSISTENT) !== 0,
    efi: (bits & EFI) !== 0,
    device: (found?.[0] ?? "reserved") as BootDeviceName,
  };
}
