import type { Clock } from "../clock.ts";
import type { BootFlags } from "../ipmi/commands/boot-flags.ts";
import { type BootOption, type BootParameter, bootFlagsParameter, parameterOf } from "../ipmi/commands/boot-options.ts";
import type { BmcFaults } from "./bmc-faults.ts";
import type { BootOverride } from "./chassis.ts";

const noFlags: BootFlags = { valid: false, persistent: false, efi: false, device: "none" };

const validity: BootOption = { kind: "validity", keepAfterTimeout: false };
const validityParameter = parameterOf(validity);

const atFirst: readonly BootOption[] = [
  { kind: "progress", value: "complete" },
  validity,
  { kind: "acknowledge", mask: 0, value: 0 },
  { kind: "flags", flags: noFlags },
];

/** Table 28-14, parameter 3: without a chassis control the flags are void after so long. */
const VALID_FOR_MS = 60_000;

/** A simulated BMC's system boot options, IPMI 2.0 §28.12. */
export class BootOptions {
  readonly #clock: Clock;
  readonly #faults: BmcFaults;
  readonly #kept = new Map(atFirst.map((option) => [parameterOf(option), option]));
  #voidAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, faults: BmcFaults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  flags(): BootFlags {
    if (this.#clock.monotonicMs() >= this.#voidAtMs) this.#clear();
    const option = this.#kept.get(bootFlagsParameter);
    return option?.kind === "flags" ? option.flags : noFlags;
  }

  /** `undefined`: it doesn't have this parameter. */
  get(parameter: BootParameter): BootOption | undefined {
    return parameter === bootFlagsParameter ? { kind: "flags", flags: this.flags() } : this.#kept.get(parameter);
  }

  /** `false`: it doesn't have this parameter. */
  set(option: BootOption): boolean {
    if (!this.#kept.has(parameterOf(option))) return false;
    if (option.kind === "flags" && this.#faults.forgetBootDevice) return true;
    if (option.kind === "flags") this.#voidAtMs = this.#clock.monotonicMs() + this.#validForMs();
    this.#kept.set(parameterOf(option), option);
    return true;
  }

  /** A chassis control came in time, so that the flags stay until they are taken. */
  keep(): void {
    this.flags();
    this.#voidAtMs = Number.POSITIVE_INFINITY;
  }

  /** What the firmware is told at this start. One-shot flags are gone afterwards. */
  take(): BootOverride {
    const { valid, persistent, efi, device } = this.flags();
    if (!persistent) this.#clear();
    return valid ? { device: firmwareDevice(device), efi } : { device: "none", efi: false };
  }

  #clear(): void {
    this.#kept.set(bootFlagsParameter, { kind: "flags", flags: noFlags });
    this.#voidAtMs = Number.POSITIVE_INFINITY;
  }

  #validForMs(): number {
    const validity = this.#kept.get(validityParameter);
    return validity?.kind === "validity" && validity.keepAfterTimeout ? Number.POSITIVE_INFINITY : VALID_FOR_MS;
  }
}

const bootable = ["none", "pxe", "disk", "bios", "cdrom"] as const;

/** Devices that no simulated machine has are no override. */
function firmwareDevice(device: BootFlags["device"]): BootOverride["device"] {
  return bootable.find((name) => name === device) ?? "none";
}
