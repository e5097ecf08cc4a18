import { Reader } from "../../wire/reader.ts";
import { Writer } from "../../wire/writer.ts";
import { type Command, netFns, nothing } from "../command.ts";

export interface SessionToClose {
  /** The BMC's id of the session. */
  readonly sessionId: number;
}

/** Close Session, IPMI 2.0 §22.19. */
export const closeSession: Command<SessionToClose, undefined> = {
  name: "close session",
  netFn: netFns.app,
  command: 0x3c,
  completions: { 135: "it does not know the session" },
  encodeRequest: ({ sessionId }) => new Writer().u32le(sessionId).finish(),
  decodeRequest: (bytes) => ({ sessionId: new Reader(bytes).u32le() }),
  encodeResponse: nothing.encode,
  decodeResponse: nothing.decode,
};
