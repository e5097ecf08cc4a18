import type { Clock } from "../clock.ts";
import type { BmcSettings } from "../inventory/schema.ts";
import type { Log } from "../log.ts";
import { ipmi } from "./drivers/ipmi.ts";
import { manual } from "./drivers/manual.ts";
import { queued } from "./queue.ts";

export interface BootDevice {
  /** `none`: the firmware's own order. */
  readonly device: "none" | "pxe" | "disk" | "bios" | "cdrom";
  /** For every start from now on; else for the next one only. */
  readonly persistent: boolean;
  readonly efi: boolean;
}

/** What a BMC says it will start from; `other`: something that provision never sets, such as a remote floppy. */
export interface BootDeviceReading {
  readonly device: BootDevice["device"] | "other";
  readonly persistent: boolean;
  readonly efi: boolean;
}

export type PowerAction = "on" | "off" | "cycle" | "reset" | "soft";

export interface BmcIdentity {
  /** IANA enterprise number. */
  readonly manufacturerId?: number;
  readonly productId?: number;
  readonly firmware?: string;
  readonly guid?: string;
}

/** One machine's power and next boot. Calls are carried out one after another, in the order in which they came. */
export interface Bmc {
  /** Logs in and asks who is there. */
  ping(): Promise<BmcIdentity>;
  powerState(): Promise<"on" | "off">;
  /**
   * Resolves when the BMC says that it is so. Already so: nothing is sent. `cycle` is off, a second, on (and only
   * on for a machine that is off); `soft` asks the operating system and waits for the machine to be off.
   */
  power(action: PowerAction): Promise<void>;
  bootDevice(): Promise<BootDeviceReading>;
  /** Resolves when it was read back from the BMC. */
  setBootDevice(device: BootDevice): Promise<void>;
  /** Lights the machine's identify lamp; 0 = off, at most 255 s. */
  identify(seconds: number): Promise<void>;
  /** Ends the session; what is under way fails. */
  close(): Promise<void>;
}

export interface BmcTiming {
  /** 1000: a packet's first attempt; each further one waits half as long again. */
  readonly firstTimeoutMs?: number;
  /** 4: attempts per packet. */
  readonly attempts?: number;
  /** 500: between two looks at what was written. */
  readonly pollMs?: number;
  /** 30 000: until on, off, cycle or reset must be seen. */
  readonly powerDeadlineMs?: number;
  /** 120 000: until an operating system must have shut down. */
  readonly softDeadlineMs?: number;
}

export interface BmcContext {
  /** The node's name, as people type it. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks a person to do something; resolves when it is done. For the manual driver. */
  ask?(question: string): Promise<void>;
  readonly timing?: BmcTiming;
}

/** A way to reach machines' power. One file in drivers/, one line in {@link drivers}. */
export interface BmcDriver<Name extends BmcSettings["driver"]> {
  readonly name: Name;
  open(settings: BmcSettings & { driver: Name }, context: BmcContext): Bmc;
}

export const drivers = [ipmi, manual] as const;

/** Opens nothing yet: the first call logs in. */
export function openBmc(settings: BmcSettings, context: BmcContext): Bmc {
  switch (settings.driver) {
    case "ipmi":
      return queued(ipmi.open(settings, context));
    case "manual":
      return queued(manual.open(settings, context));
    default:
      return settings satisfies never;
  }
}
