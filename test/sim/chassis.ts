import type { BootOverride, Chassis } from "../../src/sim/chassis.ts";

export interface NotedChassis extends Chassis {
  /** What was done to it, in order: "on pxe uefi", "off", "reset none bios", "soft", "identify 7". */
  readonly noted: string[];
}

/** A machine that is a variable, and notes what is done to it. */
export function createNotedChassis(on = false): NotedChassis {
  let isOn = on;
  const noted: string[] = [];
  const words = ({ device, efi }: BootOverride) => `${device} ${efi ? "uefi" : "bios"}`;
  return {
    noted,
    isOn: () => isOn,
    powerOn: async (boot) => {
      noted.push(`on ${words(boot)}`);
      isOn = true;
    },
    powerOff: async () => {
      noted.push("off");
      isOn = false;
    },
    reset: async (boot) => {
      noted.push(`reset ${words(boot)}`);
    },
    softOff: async () => {
      noted.push("soft");
      isOn = false;
    },
    identify: (seconds) => {
      noted.push(`identify ${seconds}`);
    },
  };
}
