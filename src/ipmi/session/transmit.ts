import { closeSession } from "../commands/close-session.ts";
import { getDeviceId } from "../commands/get-device-id.ts";
import { privileges, setSessionPrivilege } from "../commands/set-session-privilege.ts";
import { BMC_ADDRESS, CONSOLE_ADDRESS, encodeLanMessage, type LanMessage } from "../message.ts";
import { seal } from "../seal.ts";
import {
  attemptMs,
  draw,
  type Job,
  type Phase,
  patienceMs,
  type Session,
  type SessionState,
  type Step,
} from "./state.ts";

export type Busy = Phase & { kind: "busy" };

export function startJob(state: SessionState, session: Session, job: Job): Step {
  return transmit(state, { kind: "busy", session, job, flight: { attempt: 1 }, rqSeqs: [] });
}

/** Every attempt has a new session sequence number and a new rqSeq, so that no BMC takes it for a replay. */
export function transmit(state: SessionState, busy: Busy): Step {
  const { exchange, keys } = busy.session;
  const sequence = busy.session.sequence + 1;
  const rqSeq = (busy.session.rqSeq + 1) & 0x3f;
  const { netFn, command, data } = messageOf(state, busy);
  const message = { to: BMC_ADDRESS, from: CONSOLE_ADDRESS, netFn, sequence: rqSeq, command, data };
  const packet = { payloadType: "ipmi", sessionId: exchange.bmcSessionId, sequence } as const;
  const iv = draw(state, `iv ${sequence}`);
  const bytes = seal({ ...packet, payload: encodeLanMessage(message) }, keys, iv);
  const session = { ...busy.session, sequence, rqSeq };
  const { settings } = state;
  const ms = isOnce(busy.job) ? patienceMs(settings) : attemptMs(settings, busy.flight.attempt);
  return [
    { ...state, phase: { ...busy, session, rqSeqs: [...busy.rqSeqs, rqSeq] } },
    [
      { kind: "send", bytes },
      { kind: "arm", ms },
    ],
  ];
}

export function isOnce(job: Job): boolean {
  return job.kind === "request" && job.request.once;
}

/** What a job asks of the BMC. */
export function messageOf(state: SessionState, { job, session }: Busy): Pick<LanMessage, "netFn" | "command" | "data"> {
  switch (job.kind) {
    case "request":
      return job.request;
    case "raise":
      return filled(
        setSessionPrivilege,
        setSessionPrivilege.encodeRequest({ level: privileges[state.settings.privilege] }),
      );
    case "keep-alive":
      return filled(getDeviceId, getDeviceId.encodeRequest(undefined));
    case "close":
      return filled(closeSession, closeSession.encodeRequest({ sessionId: session.exchange.bmcSessionId }));
    default:
      return job satisfies never;
  }
}

const filled = ({ netFn, command }: { netFn: number; command: number }, data: Uint8Array) => ({ netFn, command, data });
