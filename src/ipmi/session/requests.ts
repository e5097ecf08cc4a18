import type { ProvisionError } from "../../errors.ts";
import { privileges } from "../commands/set-session-privilege.ts";
import { fail } from "../errors.ts";
import { decodeLanMessage, type LanMessage } from "../message.ts";
import type { Packet } from "../packet.ts";
import { unseal } from "../seal.ts";
import { describeCompletion } from "../status.ts";
import { receive } from "../window.ts";
import { failAll, reset, unreachable } from "./failing.ts";
import { beginHandshake } from "./handshake.ts";
import { patienceMs, type Request, type Session, type SessionState, type Step } from "./state.ts";
import { type Busy, isOnce, messageOf, startJob, transmit } from "./transmit.ts";

/** What goes first: a session if there is none, else the next request, else waiting with an eye on the clock. */
export function proceed(state: SessionState): Step {
  const [request] = state.waiting;
  if (state.phase.kind === "idle") return request ? beginHandshake(state) : [state, [{ kind: "disarm" }]];
  if (state.phase.kind !== "ready") return [state, []];
  if (request) return startJob(state, state.phase.session, { kind: "request", request });
  return [state, [{ kind: "arm", ms: state.settings.keepAliveMs }]];
}

/** Throws a WireError for what isn't of this session. */
export function onSealed(state: SessionState, packet: Packet & { kind: "sealed" }): Step {
  if (state.phase.kind !== "ready" && state.phase.kind !== "busy") return [state, []];
  const { session } = state.phase;
  if (packet.sessionId !== session.exchange.consoleSessionId) return [state, []];
  const opened = unseal(packet.session, session.keys);
  const window = receive(session.window, opened.sequence);
  if (!window || opened.payloadType !== "ipmi") return [state, []];
  const phase = { ...state.phase, session: { ...session, window } };
  const next: SessionState = { ...state, phase };
  const message = decodeLanMessage(opened.payload);
  if (phase.kind !== "busy" || !isAnswer(next, phase, message)) return [next, []];
  return finishJob(next, phase, message.data);
}

export function onBusyTimeout(state: SessionState): Step {
  if (state.phase.kind === "ready") return startJob(state, state.phase.session, { kind: "keep-alive" });
  if (state.phase.kind !== "busy") return [state, []];
  const { job, flight } = state.phase;
  const lastTry = isOnce(job) || flight.attempt >= state.settings.attempts;
  if (!lastTry) return transmit(state, { ...state.phase, flight: { attempt: flight.attempt + 1 } });
  switch (job.kind) {
    case "request":
      return giveUp(state, state.phase, job.request);
    case "raise":
      return failAll(state, unreachable(state, "it fell silent after the login"));
    case "keep-alive":
      return proceed(reset(state));
    case "close":
      return finishClose(state);
    default:
      return job satisfies never;
  }
}

/** The BMC may have forgotten the session (it was reset): log in again, once, and ask again. */
function giveUp(state: SessionState, { session }: Busy, request: Request): Step {
  if (!request.once && !state.reopened) return beginHandshake({ ...reset(state), reopened: true });
  const { settings } = state;
  if (!request.once) return failAll(state, unreachable(state, `it lets us log in but does not answer ${request.name}`));
  const details = { ...settings.bmc, command: request.name, timeoutMs: patienceMs(settings) };
  const error = fail("bmc-answer-lost", details);
  const [next, effects] = proceed({ ...state, phase: { kind: "ready", session }, waiting: state.waiting.slice(1) });
  return [next, [{ kind: "failed", id: request.id, error }, ...effects]];
}

function finishJob(state: SessionState, { session, job }: Busy, answer: Uint8Array): Step {
  const [code = 0xff] = answer;
  const ready: SessionState = { ...state, phase: { kind: "ready", session } };
  switch (job.kind) {
    case "request": {
      const data = answer.slice(1);
      const [next, effects] = proceed({ ...ready, waiting: state.waiting.slice(1), reopened: false });
      return [next, [{ kind: "answered", id: job.request.id, completion: code, data }, ...effects]];
    }
    case "raise":
      return finishRaise(ready, session, answer);
    case "keep-alive":
      return proceed(ready);
    case "close":
      return finishClose(state);
    default:
      return job satisfies never;
  }
}

function finishRaise(state: SessionState, session: Session, answer: Uint8Array): Step {
  const { bmc, user, privilege } = state.settings;
  const [code = 0xff, level = 0] = answer;
  const low = privilegeRefusals.includes(code) || (code === 0 && level !== 0 && level < privileges[privilege]);
  if (low) return failAndClose(state, session, fail("bmc-privilege-too-low", { ...bmc, user, privilege }));
  const reason = describeCompletion(code);
  if (code !== 0) return failAndClose(state, session, fail("bmc-session-refused", { ...bmc, reason }));
  const [next, effects] = proceed({ ...state, restarts: 0 });
  return [next, [{ kind: "opened", suite: session.exchange.suite.id }, ...effects]];
}

/** Everyone who waits hears why; the BMC hears that its slot is free. */
export function failAndClose(state: SessionState, session: Session, error: ProvisionError): Step {
  const [idle, effects] = failAll(state, error);
  const [closing, sent] = startJob(idle, session, { kind: "close" });
  return [closing, [...effects, ...sent]];
}

/** Answered or not, the session is over. */
function finishClose(state: SessionState): Step {
  const [next, effects] = proceed(reset(state));
  return [next, [{ kind: "closed" }, ...effects]];
}

/** §22.18: not available, above the limit; §5.2: insufficient privilege. */
const privilegeRefusals: readonly number[] = [0x80, 0x81, 0xd4];

function isAnswer(state: SessionState, busy: Busy, { netFn, command, sequence }: LanMessage): boolean {
  const asked = messageOf(state, busy);
  return netFn === asked.netFn + 1 && command === asked.command && busy.rqSeqs.includes(sequence);
}
