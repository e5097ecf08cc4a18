import { WireError } from "../../wire/reader.ts";
import { type BootFlags, decodeBootFlags, encodeBootFlags } from "./boot-flags.ts";

/** Parameters of the system boot options, IPMI 2.0 §28.12, table 28-14. Others are kept as bytes. */
export type BootOption =
  /** 0: locks the parameters against other writers while several are set. */
  | { readonly kind: "progress"; readonly value: "complete" | "in-progress" | "commit" }
  /** 3: which events leave the boot flags alone. Without `keepAfterTimeout` they are void 60 s after they were set. */
  | { readonly kind: "validity"; readonly keepAfterTimeout: boolean }
  /** 4: whether the firmware has seen the boot options. Set before new flags, so that it looks again. */
  | { readonly kind: "acknowledge"; readonly mask: number; readonly value: number }
  /** 5 */
  | { readonly kind: "flags"; readonly flags: BootFlags }
  | { readonly kind: "other"; readonly parameter: number; readonly bytes: Uint8Array };

export type BootParameter = number;

const PARAMETERS = { progress: 0, validity: 3, acknowledge: 4, flags: 5 } as const;
const PROGRESS = ["complete", "in-progress", "commit"] as const;
const KEEP_AFTER_TIMEOUT = 0x08;

export const bootFlagsParameter: BootParameter = PARAMETERS.flags;

export function parameterOf(option: BootOption): BootParameter {
  return option.kind === "other" ? option.parameter : PARAMETERS[option.kind];
}

export function encodeBootOption(option: BootOption): Uint8Array {
  switch (option.kind) {
    case "progress":
      return Uint8Array.of(PROGRESS.indexOf(option.value));
    case "validity":
      return Uint8Array.of(option.keepAfterTimeout ? KEEP_AFTER_TIMEOUT : 0);
    case "acknowledge":
      return Uint8Array.of(option.mask, option.value);
    case "flags":
      return encodeBootFlags(option.flags);
    case "other":
      return option.bytes;
    default:
      return option satisfies never;
  }
}

export function decodeBootOption(parameter: BootParameter, bytes: Uint8Array): BootOption {
  const byte = (index: number) => {
    const value = bytes[index];
    if (value === undefined) throw new WireError(`boot option ${parameter} ends before byte ${index + 1}`, index);
    return value;
  };
  switch (parameter) {
    case PARAMETERS.progress:
      return { kind: "progress", value: PROGRESS[byte(0) & 0x03] ?? "complete" };
    case PARAMETERS.validity:
      return { kind: "validity", keepAfterTimeout: (byte(0) & KEEP_AFTER_TIMEOUT) !== 0 };
    case PARAMETERS.acknowledge:
      return { kind: "acknowledge", mask: byte(0), value: byte(1) };
    case PARAMETERS.flags:
      return { kind: "flags", flags: decodeBootFlags(bytes) };
    default:
      return { kind: "other", parameter, bytes };
  }
}
