import { Reader, WireError } from "../../wire/reader.ts";
import { type Command, netFns, nothing } from "../command.ts";

/**
 * What happens to the machine:
 * off = at once, as if the plug were pulled; on; cycle = off, at least a second, on; reset = the reset line, the
 * supply stays; soft = asks the operating system by ACPI, which may refuse or hang.
 */
const ACTIONS = { off: 0x00, on: 0x01, cycle: 0x02, reset: 0x03, soft: 0x05 } as const;

export type ChassisAction = keyof typeof ACTIONS;

/** Chassis Control, IPMI 2.0 §28.3. */
export const chassisControl: Command<{ readonly action: ChassisAction }, undefined> = {
  name: "chassis control",
  netFn: netFns.chassis,
  command: 0x02,
  /** A second cycle or reset also eats the one-shot boot device that was meant for the first. */
  once: ({ action }) => action === "cycle" || action === "reset",
  encodeRequest: ({ action }) => Uint8Array.of(ACTIONS[action]),
  decodeRequest: (bytes) => {
    const code = new Reader(bytes).u8() & 0x0f;
    const found = Object.entries(ACTIONS).find(([, value]) => value === code);
    if (!found) throw new WireError(`chassis control ${code} is unknown here`, 0);
    return { action: found[0] as ChassisAction };
  },
  encodeResponse: nothing.encode,
  decodeResponse: nothing.decode,
};
