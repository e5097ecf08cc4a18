import { Reader } from "../../wire/reader.ts";
import { Writer } from "../../wire/writer.ts";
import { type Command, netFns } from "../command.ts";

export interface ChannelAuthenticationRequest {
  /** 0x0e = the one that this arrives by. */
  readonly channel: number;
  readonly privilege: number;
}

export interface ChannelAuthentication {
  readonly channel: number;
  readonly ipmi2: boolean;
  /** A BMC-wide key (K_G) is set, so that a password alone doesn't log in. */
  readonly keySet: boolean;
}

const EXTENDED = 0x80;
const KEY_SET = 0x20;
const NAMED_USERS = 0x04;
const SPEAKS_2 = 0x02;

/** Get Channel Authentication Capabilities, IPMI 2.0 §22.13. The only one that goes outside of a session. */
export const getChannelAuthentication: Command<ChannelAuthenticationRequest, ChannelAuthentication> = {
  name: "get channel authentication capabilities",
  netFn: netFns.app,
  command: 0x38,
  encodeRequest: ({ channel, privilege }) => Uint8Array.of(EXTENDED | channel, privilege),
  decodeRequest: (bytes) => {
    const reader = new Reader(bytes);
    return { channel: reader.u8() & 0x0f, privilege: reader.u8() & 0x0f };
  },
  encodeResponse: ({ channel, ipmi2, keySet }) =>
    new Writer()
      .u8(channel)
      .u8(ipmi2 ? EXTENDED : 0)
      .u8((keySet ? KEY_SET : 0) | NAMED_USERS)
      .u8(ipmi2 ? SPEAKS_2 : 0)
      .zeros(4)
      .finish(),
  decodeResponse: (bytes) => {
    const reader = new Reader(bytes);
    const [channel, types, status, version] = [reader.u8(), reader.u8(), reader.u8(), reader.u8()];
    const ipmi2 = (types & EXTENDED) !== 0 && (version & SPEAKS_2) !== 0;
    return { channel, ipmi2, keySet: (status & KEY_SET) !== 0 };
  },
};
