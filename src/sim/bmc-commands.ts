import type { Command } from "../ipmi/command.ts";
import { chassisControl } from "../ipmi/commands/chassis-control.ts";
import { chassisIdentify } from "../ipmi/commands/chassis-identify.ts";
import { getBootOptions } from "../ipmi/commands/get-boot-options.ts";
import { getChannelAuthentication } from "../ipmi/commands/get-channel-authentication.ts";
import {
  CIPHER_BLOCK_BYTES,
  encodeSuiteRecords,
  getChannelCipherSuites,
} from "../ipmi/commands/get-channel-cipher-suites.ts";
import { getChassisStatus } from "../ipmi/commands/get-chassis-status.ts";
import { getDeviceId } from "../ipmi/commands/get-device-id.ts";
import { getSelfTest } from "../ipmi/commands/get-self-test.ts";
import { getSystemGuid } from "../ipmi/commands/get-system-guid.ts";
import { setBootOptions } from "../ipmi/commands/set-boot-options.ts";
import { privileges } from "../ipmi/commands/set-session-privilege.ts";
import { completion } from "../ipmi/status.ts";
import { WireError } from "../wire/reader.ts";
import type { BootOptions } from "./bmc-boot-options.ts";
import type { BmcFaults } from "./bmc-faults.ts";
import type { PowerControl } from "./bmc-power.ts";
import type { Chassis } from "./chassis.ts";

/** What a simulated BMC's commands work on. */
export interface Machine {
  readonly chassis: Chassis;
  readonly boot: BootOptions;
  readonly power: PowerControl;
  readonly faults: BmcFaults;
  readonly guid: Uint8Array;
  /** Is the light on? */
  identifying(): boolean;
  identify(seconds: number): void;
}

/** A completion code and what follows it. */
export interface Answer {
  readonly code: number;
  readonly data?: Uint8Array;
}

export interface CommandHandler {
  readonly netFn: number;
  readonly command: number;
  /** The privilege that it takes, IPMI 2.0 table G-1. */
  readonly privilege: number;
  answer(machine: Machine, data: Uint8Array): Answer;
}

type Outcome<Response> = { readonly response: Response } | { readonly refused: number };

/** A command with what this BMC does about it. */
function served<Request, Response>(
  command: Command<Request, Response>,
  privilege: number,
  act: (machine: Machine, request: Request) => Outcome<Response>,
): CommandHandler {
  const answer = (machine: Machine, data: Uint8Array): Answer => {
    const outcome = act(machine, command.decodeRequest(data));
    if ("refused" in outcome) return { code: outcome.refused };
    return { code: completion.ok, data: command.encodeResponse(outcome.response) };
  };
  return { netFn: command.netFn, command: command.command, privilege, answer };
}

const { user, operator } = privileges;
const done = { response: undefined };
const unsupportedParameter = { refused: 0x80 };

const device = { deviceId: 0x20, deviceRevision: 1, firmware: "1.00", ipmiVersion: "2.0" };

/** RFC 5612 sets this enterprise number apart for documentation. */
const DOCUMENTATION_ENTERPRISE = 32473;

/** One line each; what isn't here is answered "invalid command". */
export const commandHandlers: readonly CommandHandler[] = [
  served(getDeviceId, user, () => ({
    response: { ...device, manufacturerId: DOCUMENTATION_ENTERPRISE, productId: 0x0077 },
  })),
  served(getSelfTest, user, () => ({ response: { result: 0x55, detail: 0 } })),
  served(getSystemGuid, user, ({ guid }) => ({ response: { bytes: guid } })),
  served(getChannelAuthentication, 0, () => ({ response: { channel: 1, ipmi2: true, keySet: false } })),
  served(getChannelCipherSuites, 0, ({ faults }, { block }) => {
    const all = faults.onlySuiteZero ? suiteZeroRecord : encodeSuiteRecords();
    const start = block * CIPHER_BLOCK_BYTES;
    return { response: { channel: 1, records: all.slice(start, start + CIPHER_BLOCK_BYTES) } };
  }),
  served(getChassisStatus, user, ({ chassis, faults, identifying }) => ({
    response: {
      power: faults.reportPower ?? (chassis.isOn() ? "on" : "off"),
      powerFault: false,
      identify: identifying(),
    },
  })),
  served(chassisControl, operator, ({ power }, { action }) =>
    power.start(action) ? done : { refused: completion.wrongState },
  ),
  served(chassisIdentify, operator, ({ identify }, { seconds }) => {
    identify(seconds);
    return done;
  }),
  served(getBootOptions, operator, ({ boot }, { parameter }) => {
    const response = boot.get(parameter);
    return response ? { response } : unsupportedParameter;
  }),
  served(setBootOptions, operator, ({ boot }, option) => (boot.set(option) ? done : unsupportedParameter)),
];

const suiteZeroRecord = Uint8Array.of(0xc0, 0, 0, 0x40, 0x80);

/** Runs a command at this privilege. Data too short is a completion code, not an error. */
export function answerCommand(
  machine: Machine,
  level: number,
  asked: { netFn: number; command: number; data: Uint8Array },
): Answer {
  const handler = commandHandlers.find(({ netFn, command }) => netFn === asked.netFn && command === asked.command);
  if (!handler) return { code: completion.invalidCommand };
  if (level < handler.privilege) return { code: completion.insufficientPrivilege };
  try {
    return handler.answer(machine, asked.data);
  } catch (thrown) {
    if (thrown instanceof WireError) return { code: completion.dataLength };
    throw thrown;
  }
}
