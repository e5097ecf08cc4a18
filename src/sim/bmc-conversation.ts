import type { Clock } from "../clock.ts";
import { closeSession } from "../ipmi/commands/close-session.ts";
import { privileges, setSessionPrivilege } from "../ipmi/commands/set-session-privilege.ts";
import { decodeLanMessage, encodeLanMessage, type LanMessage } from "../ipmi/message.ts";
import { decodePacket, encodePlain, encodeSetup, type Packet } from "../ipmi/packet.ts";
import type { SessionKeys } from "../ipmi/rakp.ts";
import { encodeAsf } from "../ipmi/rmcp.ts";
import { seal, unseal } from "../ipmi/seal.ts";
import { completion } from "../ipmi/status.ts";
import { receive } from "../ipmi/window.ts";
import { WireError } from "../wire/reader.ts";
import { type Answer, answerCommand, type Machine } from "./bmc-commands.ts";
import type { BmcLogins, BmcSession } from "./bmc-logins.ts";

/** What a simulated BMC answers to each datagram. It owns no socket. */
export interface BmcConversation {
  /** The reply; `undefined`: silence, to junk, to strangers and to what was heard before. */
  answer(datagram: Uint8Array): Uint8Array | undefined;
}

/** What the answers are made from. */
interface Desk {
  readonly logins: BmcLogins;
  readonly machine: Machine;
  readonly clock: Clock;
}

type OpenSession = BmcSession & { keys: SessionKeys };

const IV_BYTES = 16;
const NO_PRIVILEGE = 0;

export function createConversation(desk: Desk): BmcConversation {
  return {
    answer: (datagram) => {
      try {
        return answerPacket(desk, decodePacket(datagram));
      } catch (thrown) {
        if (thrown instanceof WireError) return undefined;
        throw thrown;
      }
    },
  };
}

function answerPacket(desk: Desk, packet: Packet): Uint8Array | undefined {
  switch (packet.kind) {
    case "asf-ping":
      return encodeAsf({ kind: "asf-pong", tag: packet.tag, ipmi: true });
    case "plain":
      return encodePlain(answerStranger(desk, packet.payload));
    case "setup":
      return answerSetup(desk, packet);
    case "sealed":
      return answerSealed(desk, packet);
    case "asf-pong":
      return undefined;
    default:
      return packet satisfies never;
  }
}

/** A command outside of a session may come in RMCP+ framing too; ipmitool 1.8.19 asks for the cipher suites so. */
function answerSetup(desk: Desk, packet: Packet & { kind: "setup" }): Uint8Array | undefined {
  if (packet.payloadType !== "ipmi") return desk.logins.answer(packet);
  return encodeSetup("ipmi", answerStranger(desk, packet.payload));
}

function answerStranger({ machine }: Desk, payload: Uint8Array): Uint8Array {
  const request = decodeLanMessage(payload);
  return encodeLanMessage(reply(request, answerCommand(machine, NO_PRIVILEGE, request)));
}

function answerSealed(desk: Desk, packet: Packet & { kind: "sealed" }): Uint8Array | undefined {
  const { logins, clock } = desk;
  const session = logins.session(packet.sessionId);
  if (!session) return undefined;
  const opened = unseal(packet.session, session.keys);
  const window = receive(session.window, opened.sequence);
  if (!window || opened.payloadType !== "ipmi") return undefined;
  session.window = window;
  session.lastHeardMs = clock.monotonicMs();
  const request = decodeLanMessage(opened.payload);
  const payload = encodeLanMessage(reply(request, answerInSession(desk, session, request)));
  session.sequence += 1;
  const sent = { payloadType: "ipmi", sessionId: session.consoleSessionId, sequence: session.sequence } as const;
  return seal({ ...sent, payload }, session.keys, clock.randomBytes(IV_BYTES));
}

function answerInSession({ logins, machine }: Desk, session: OpenSession, request: LanMessage): Answer {
  const { faults } = machine;
  if (is(request, closeSession)) return endSession(logins, session, request.data);
  if (is(request, setSessionPrivilege)) return changeLevel(session, request.data);
  if ((faults.busyForCommands ?? 0) > 0) {
    faults.busyForCommands = (faults.busyForCommands ?? 0) - 1;
    return { code: completion.busy };
  }
  return answerCommand(machine, session.level, request);
}

/** §22.19: its own session, or (for an administrator) another one. */
function endSession(logins: BmcLogins, session: OpenSession, data: Uint8Array): Answer {
  const { sessionId } = closeSession.decodeRequest(data);
  const own = sessionId === session.bmcSessionId;
  if (!own && session.level < privileges.administrator) return { code: completion.insufficientPrivilege };
  return { code: logins.end(sessionId) ? completion.ok : UNKNOWN_SESSION };
}

const UNKNOWN_SESSION = 0x87;
const ABOVE_LIMIT = 0x81;

/** §22.18: 0 asks for the present level. */
function changeLevel(session: BmcSession, data: Uint8Array): Answer {
  const { level } = setSessionPrivilege.decodeRequest(data);
  if (level > session.limit) return { code: ABOVE_LIMIT };
  session.level = level || session.level;
  return { code: completion.ok, data: setSessionPrivilege.encodeResponse({ level: session.level }) };
}

function reply(request: LanMessage, { code, data = new Uint8Array(0) }: Answer): LanMessage {
  const { to, from, netFn, sequence, command } = request;
  return { to: from, from: to, netFn: netFn | 1, sequence, command, data: Uint8Array.of(code, ...data) };
}

const is = (message: LanMessage, { netFn, command }: { netFn: number; command: number }) =>
  message.netFn === netFn && message.command === command;
