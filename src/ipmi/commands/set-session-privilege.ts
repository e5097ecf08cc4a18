import { Reader } from "../../wire/reader.ts";
import { type Command, netFns } from "../command.ts";

/** IPMI 2.0 §6.8. */
export const privileges = { callback: 1, user: 2, operator: 3, administrator: 4 } as const;

export type Privilege = keyof typeof privileges;

export interface PrivilegeLevel {
  /** 1–4; 0 in a request only asks for the present one. */
  readonly level: number;
}

const codec = {
  encode: ({ level }: PrivilegeLevel) => Uint8Array.of(level),
  decode: (bytes: Uint8Array) => ({ level: new Reader(bytes).u8() & 0x0f }),
};

/** Set Session Privilege Level, IPMI 2.0 §22.18. A session starts as "user", whatever was asked for at its opening. */
export const setSessionPrivilege: Command<PrivilegeLevel, PrivilegeLevel> = {
  name: "set session privilege level",
  netFn: netFns.app,
  command: 0x3b,
  completions: { 128: "not available for this user", 129: "above the channel's or user's limit" },
  encodeRequest: codec.encode,
  decodeRequest: codec.decode,
  encodeResponse: codec.encode,
  decodeResponse: codec.decode,
};
