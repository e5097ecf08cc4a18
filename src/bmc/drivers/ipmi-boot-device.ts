import type { BootFlags } from "../../ipmi/commands/boot-flags.ts";
import { type BootOption, bootFlagsParameter } from "../../ipmi/commands/boot-options.ts";
import { getBootOptions } from "../../ipmi/commands/get-boot-options.ts";
import { setBootOptions } from "../../ipmi/commands/set-boot-options.ts";
import type { Bmc, BmcContext, BootDevice, BootDeviceReading } from "../driver.ts";
import { fail } from "../errors.ts";
import { type Ask, ifRefused } from "./ipmi-requests.ts";

const READ_BACK_ATTEMPTS = 4;

/** What is written before the flags (IPMI 2.0 §28.12). Many BMCs lack one or the other; ipmi_sim refuses the first. */
const before: readonly BootOption[] = [
  { kind: "progress", value: "in-progress" },
  /** Else the flags are void 60 s later, and a slow machine's power-on comes too late. */
  { kind: "validity", keepAfterTimeout: true },
  /** "The BIOS has handled the boot info" is unset, so that it looks at it again. */
  { kind: "acknowledge", mask: 0x01, value: 0x01 },
];
const after: BootOption = { kind: "progress", value: "complete" };

/** The boot device, written and then read back. */
export function bootDeviceOver(ask: Ask, context: BmcContext): Pick<Bmc, "bootDevice" | "setBootDevice"> {
  const { node, clock, log, timing: { pollMs = 500 } = {} } = context;
  /** ipmi_sim (OpenIPMI 2.0.33) never sets the valid bit; seen so once, its flags count without it. */
  let ignoresValid = false;

  return {
    bootDevice: async () => {
      const flags = await read(ask);
      return toReading(flags.valid || ignoresValid ? flags : noFlags);
    },
    setBootDevice: async (device) => {
      const wanted = toFlags(device);
      await write(ask, wanted);
      let kept = await read(ask);
      for (let count = 1; count < READ_BACK_ATTEMPTS && !same(wanted, kept); count += 1) {
        await clock.sleep(pollMs);
        kept = await read(ask);
      }
      if (!same(wanted, kept)) {
        throw fail("bmc-boot-device-not-kept", { node, wanted: describe(wanted), kept: describe(kept) });
      }
      ignoresValid = device.device !== "none" && !kept.valid;
      if (ignoresValid) log.debug("this BMC keeps boot flags without marking them valid", { node });
    },
  };
}

async function read(ask: Ask): Promise<BootFlags> {
  const option = await ask(getBootOptions, { parameter: bootFlagsParameter });
  return option.kind === "flags" ? option.flags : noFlags;
}

async function write(ask: Ask, flags: BootFlags): Promise<void> {
  const attempt = (option: BootOption) => ask(setBootOptions, option).catch(ifRefused(undefined));
  for (const option of before) await attempt(option);
  const refusal = await ask(setBootOptions, { kind: "flags", flags }).catch(refusalOf);
  await attempt(after);
  if (refusal) throw refusal;
}

/** A refusal, to be thrown when the lock is undone; anything else is thrown at once. */
function refusalOf(thrown: unknown): unknown {
  return ifRefused(thrown)(thrown);
}

const noFlags: BootFlags = { valid: false, persistent: false, efi: false, device: "none" };

/** "No override" is for good, and not for one kind of firmware. */
function toFlags({ device, persistent, efi }: BootDevice): BootFlags {
  return device === "none" ? { ...noFlags, valid: true } : { valid: true, persistent, efi, device };
}

function toReading({ device, persistent, efi }: BootFlags): BootDeviceReading {
  return { device: settable.find((name) => name === device) ?? "other", persistent, efi };
}

const settable = ["none", "pxe", "disk", "bios", "cdrom"] as const;

function same(wanted: BootFlags, kept: BootFlags): boolean {
  if (wanted.device === "none") return kept.device === "none" || !kept.valid;
  return wanted.device === kept.device && wanted.efi === kept.efi && wanted.persistent === kept.persistent;
}

/** "pxe (uefi, once)" */
function describe({ device, efi, persistent }: BootFlags): string {
  return device === "none" ? "none" : `${device} (${efi ? "uefi" : "bios"}, ${persistent ? "always" : "once"})`;
}
