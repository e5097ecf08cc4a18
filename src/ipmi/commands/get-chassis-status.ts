import { Reader } from "../../wire/reader.ts";
import { type Command, netFns, nothing } from "../command.ts";

export interface ChassisStatus {
  readonly power: "on" | "off";
  /** The machine was switched off by a fault or an overload of its supply. */
  readonly powerFault: boolean;
  /** Whether the identify light is on; `undefined` where the BMC doesn't say. */
  readonly identify: boolean | undefined;
}

const POWER_ON = 0x01;
const OVERLOAD = 0x02;
const FAULT = 0x08;
const IDENTIFY_REPORTED = 0x40;
const IDENTIFY_TIMED = 0x10;
const IDENTIFY_STATE = 0x30;

/** Get Chassis Status, IPMI 2.0 §28.2. */
export const getChassisStatus: Command<undefined, ChassisStatus> = {
  name: "get chassis status",
  netFn: netFns.chassis,
  command: 0x01,
  encodeRequest: nothing.encode,
  decodeRequest: nothing.decode,
  encodeResponse: ({ power, powerFault, identify }) => {
    const state = (power === "on" ? POWER_ON : 0) | (powerFault ? FAULT : 0);
    const light = identify === undefined ? 0 : IDENTIFY_REPORTED | (identify ? IDENTIFY_TIMED : 0);
    return Uint8Array.of(state, 0, light);
  },
  decodeResponse: (bytes) => {
    const reader = new Reader(bytes);
    const state = reader.u8();
    reader.skip(1);
    const light = reader.u8();
    return {
      power: (state & POWER_ON) !== 0 ? "on" : "off",
      powerFault: (state & (OVERLOAD | FAULT)) !== 0,
      identify: (light & IDENTIFY_REPORTED) !== 0 ? (light & IDENTIFY_STATE) !== 0 : undefined,
    };
  },
};
