import type { Clock } from "../clock.ts";
import type { BootFlags } from "../ipmi/commands/boot-flags.ts";
import { type Privilege, privileges } from "../ipmi/commands/set-session-privilege.ts";
import type { Log } from "../log.ts";
import type { Secret } from "../secret.ts";
import { BootOptions } from "./bmc-boot-options.ts";
import type { Machine } from "./bmc-commands.ts";
import { type BmcConversation, createConversation } from "./bmc-conversation.ts";
import type { BmcFaults } from "./bmc-faults.ts";
import { BmcLogins } from "./bmc-logins.ts";
import { createPowerControl } from "./bmc-power.ts";
import type { BootOverride, Chassis } from "./chassis.ts";

export interface BmcFirmwareOptions {
  readonly user: string;
  readonly password: Secret;
  /** administrator */
  readonly privilege?: Privilege;
  /** 16 bytes as Get System GUID sends them; by default, chance. */
  readonly guid?: Uint8Array;
  readonly chassis: Chassis;
  readonly clock: Clock;
  readonly log: Log;
  /** Read at each packet: turn them while it runs. */
  readonly faults?: BmcFaults;
}

/** All of a simulated BMC but its socket. */
export interface BmcFirmware extends BmcConversation {
  /** What the next start would be told, and how. */
  bootOverride(): BootFlags;
  /** The machine starts anew by its own doing: what it is told. One-shot flags are gone afterwards. */
  takeBootOverride(): BootOverride;
  /** As a reset of the BMC itself: all sessions are gone. */
  forgetSessions(): void;
  /** The machine has done what was asked so far. */
  settled(): Promise<void>;
}

const GUID_BYTES = 16;

export function createBmcFirmware(options: BmcFirmwareOptions): BmcFirmware {
  const { clock, log, chassis, faults = {}, guid = clock.randomBytes(GUID_BYTES) } = options;
  const boot = new BootOptions(clock, faults);
  const power = createPowerControl({ chassis, boot, clock, log });
  const { user: name, password, privilege = "administrator" } = options;
  const users = [{ name, password, limit: privileges[privilege] }];
  const logins = new BmcLogins({ users, guid, faults, clock });
  const machine = { chassis, boot, power, faults, guid, ...createLight(chassis, clock) };
  return {
    ...createConversation({ logins, machine, clock }),
    bootOverride: () => boot.flags(),
    takeBootOverride: () => boot.take(),
    forgetSessions: () => logins.forget(),
    settled: power.settled,
  };
}

/** The identify light: on for so many seconds. */
function createLight(chassis: Chassis, clock: Clock): Pick<Machine, "identify" | "identifying"> {
  let onUntilMs = 0;
  return {
    identifying: () => clock.monotonicMs() < onUntilMs,
    identify: (seconds) => {
      onUntilMs = clock.monotonicMs() + seconds * 1000;
      chassis.identify?.(seconds);
    },
  };
}
