import type { Clock } from "../clock.ts";
import type { BootFlags } from "../ipmi/commands/boot-flags.ts";
import { type BootOption, type BootParameter, bootFlagsParameter, parameterOf } from "../ipmi/commands/boot-options.ts";
import type { BmcFaults } from "./bmc-faults.ts";
import type { BootOverride } from "./chassis.ts";

/** A simulated BMC's system boot options, IPMI 2.0 §28.12. */
export interface BootOptions {
  /** `undefined`: it doesn't have this parameter. */
  get(parameter: BootParameter): BootOption | undefined;
  /** `false`: it doesn't have this parameter. */
  set(option: BootOption): boolean;
  /** A chassis control came in time, so that the flags stay until they are taken. */
  keep(): void;
  /** What the firmware is told at this start. One-shot flags are gone afterwards. */
  take(): BootOverride;
}

const noFlags: BootFlags = { valid: false, persistent: false, efi: false, device: "none" };

/** Table 28-14, parameter 3: without a chassis control the flags are void after so long. */
const VALID_FOR_MS = 60_000;

export function createBootOptions(clock: Clock, faults: BmcFaults): BootOptions {
  const kept = new Map<BootParameter, BootOption>();
  const empty: readonly BootOption[] = [
    { kind: "progress", value: "complete" },
    { kind: "validity", keepAfterTimeout: false },
    { kind: "acknowledge", mask: 0, value: 0 },
    { kind: "flags", flags: noFlags },
  ];
  for (const option of empty) kept.set(parameterOf(option), option);
  let voidAt = Number.POSITIVE_INFINITY;

  const flags = (): BootFlags => {
    if (clock.monotonicMs() >= voidAt) clear();
    const option = kept.get(bootFlagsParameter);
    return option?.kind === "flags" ? option.flags : noFlags;
  };
  const clear = () => {
    kept.set(bootFlagsParameter, { kind: "flags", flags: noFlags });
    voidAt = Number.POSITIVE_INFINITY;
  };
  const hasTimeout = () => {
    const option = kept.get(parameterOf(empty[1] as BootOption));
    return option?.kind === "validity" && !option.keepAfterTimeout;
  };
  return {
    get: (parameter) => (parameter === bootFlagsParameter ? { kind: "flags", flags: flags() } : kept.get(parameter)),
    set: (option) => {
      if (!kept.has(parameterOf(option))) return false;
      if (option.kind === "flags") {
        if (faults.forgetBootDevice) return true;
        voidAt = hasTimeout() ? clock.monotonicMs() + VALID_FOR_MS : Number.POSITIVE_INFINITY;
      }
      kept.set(parameterOf(option), option);
      return true;
    },
    keep: () => {
      flags();
      voidAt = Number.POSITIVE_INFINITY;
    },
    take: () => {
      const { valid, persistent, efi, device } = flags();
      if (!persistent) clear();
      return valid ? { device: firmwareDevice(device), efi } : { device: "none", efi: false };
    },
  };
}

const bootable = ["none", "pxe", "disk", "bios", "cdrom"] as const;

/** Devices that no simulated machine has are no override. */
function firmwareDevice(device: BootFlags["device"]): BootOverride["device"] {
  return bootable.find((name) => name === device) ?? "none";
}
