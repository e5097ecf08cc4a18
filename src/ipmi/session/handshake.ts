import { getChannelAuthentication } from "../commands/get-channel-authentication.ts";
import { privileges } from "../commands/set-session-privilege.ts";
import { fail } from "../errors.ts";
import { BMC_ADDRESS, CONSOLE_ADDRESS, decodeLanMessage, encodeLanMessage } from "../message.ts";
import { decodeOpenSessionResponse, encodeOpenSessionRequest } from "../open-session.ts";
import { encodePlain, encodeSetup, type Packet } from "../packet.ts";
import { deriveKeys, type Exchange, rakp2Code, rakp3Code, rakp4Check, sameCode } from "../rakp.ts";
import { decodeRakp2, decodeRakp4, encodeRakp1, encodeRakp3 } from "../rakp-messages.ts";
import { rmcpStatus } from "../status.ts";
import { type Algorithms, type SuiteId, sameAlgorithms, suiteByAlgorithms, suiteById } from "../suites.ts";
import { emptyWindow } from "../window.ts";
import { failAll, refusal, unreachable } from "./failing.ts";
import { attemptMs, draw, type SessionState, type Setup, type Step } from "./state.ts";
import { startJob } from "./transmit.ts";

/*
 * From nothing to a session, IPMI 2.0 §13.14:
 *   capabilities → Open Session (one suite after the other) → RAKP 1, 2 → RAKP 3, 4 → Set Session Privilege Level
 */
const THIS_CHANNEL = 0x0e;
const LOOK_UP_BY_NAME = 0x10;
const MAX_RESTARTS = 2;

export function beginHandshake(state: SessionState): Step {
  const level = privileges[state.settings.privilege];
  const data = getChannelAuthentication.encodeRequest({ channel: THIS_CHANNEL, privilege: level });
  const { netFn, command } = getChannelAuthentication;
  const message = { to: BMC_ADDRESS, from: CONSOLE_ADDRESS, netFn, sequence: 0, command, data };
  const begun = { ...state, handshakes: state.handshakes + 1 };
  return sendSetup(begun, { kind: "capabilities" }, encodePlain(encodeLanMessage(message)));
}

/** Nothing came: the same datagram again, and in the end a reason. */
export function onSetupTimeout(state: SessionState): Step {
  if (state.phase.kind !== "setup") return [state, []];
  const { setup, flight, datagram } = state.phase;
  if (flight.attempt < state.settings.attempts) return sendSetup(state, setup, datagram, flight.attempt + 1);
  if (setup.kind === "rakp-3") return restart(state, unreachable(state, "it fell silent during the login"));
  return failAll(state, unreachable(state, setup.kind === "capabilities" ? undefined : "it does not answer a login"));
}

/** Throws a WireError for a malformed payload. Packets that don't fit the moment are passed over. */
export function onSetupPacket(state: SessionState, packet: Packet): Step {
  if (state.phase.kind !== "setup") return [state, []];
  const { setup } = state.phase;
  if (packet.kind === "plain" && setup.kind === "capabilities") return onCapabilities(state, packet.payload);
  if (packet.kind !== "setup") return [state, []];
  const { payloadType, payload } = packet;
  if (setup.kind === "opening" && payloadType === "open-session-response") return onOpened(state, setup, payload);
  if (setup.kind === "rakp-1" && payloadType === "rakp-2") return onRakp2(state, setup.draft, payload);
  if (setup.kind === "rakp-3" && payloadType === "rakp-4") return onRakp4(state, setup.exchange, payload);
  return [state, []];
}

function onCapabilities(state: SessionState, payload: Uint8Array): Step {
  const message = decodeLanMessage(payload);
  const { netFn, command } = getChannelAuthentication;
  if (message.netFn !== netFn + 1 || message.command !== command) return [state, []];
  const refused = message.data[0] !== 0;
  const found = refused ? undefined : getChannelAuthentication.decodeResponse(message.data.slice(1));
  if (!found?.ipmi2) return failAll(state, fail("bmc-not-ipmi2", state.settings.bmc));
  return openWith({ ...state, keySet: found.keySet }, state.suites);
}

/** §13.17. Each suite is asked for by itself: what the BMC answers must be exactly that. */
function openWith(state: SessionState, suites: readonly SuiteId[]): Step {
  const { settings } = state;
  const [id] = suites;
  if (id === undefined) {
    const none = { ...settings.bmc, suites: settings.suites.join(", ") };
    return failAll({ ...state, suites: settings.suites }, fail("bmc-suite-unsupported", none));
  }
  const suite = suiteById(id);
  if (!suite) return openWith(state, suites.slice(1));
  const next = { ...state, suites, tag: (state.tag + 1) & 0xff };
  const consoleSessionId = newSessionId(next, id);
  const privilege = privileges[settings.privilege];
  const request = { tag: next.tag, privilege, consoleSessionId, algorithms: suite.algorithms };
  const datagram = encodeSetup("open-session-request", encodeOpenSessionRequest(request));
  return sendSetup(next, { kind: "opening", suite, consoleSessionId }, datagram);
}

function onOpened(state: SessionState, setup: Setup & { kind: "opening" }, payload: Uint8Array): Step {
  const response = decodeOpenSessionResponse(payload);
  const { outcome } = response;
  if (!isFor(state, setup.consoleSessionId, response)) return [state, []];
  if (outcome.kind === "refused") {
    if (suiteRefusals.includes(outcome.status)) return openWith(state, state.suites.slice(1));
    return failAll(state, refusal(state, outcome.status));
  }
  const { settings } = state;
  if (!sameAlgorithms(outcome.algorithms, setup.suite.algorithms)) {
    const details = { ...settings.bmc, suite: setup.suite.id, answered: describe(outcome.algorithms) };
    return failAll(state, fail("bmc-suite-downgraded", details));
  }
  const next = { ...state, tag: (state.tag + 1) & 0xff };
  const role = LOOK_UP_BY_NAME | privileges[settings.privilege];
  const { user, password } = settings;
  const ids = { consoleSessionId: setup.consoleSessionId, bmcSessionId: outcome.bmcSessionId };
  const draft = { suite: setup.suite, ...ids, consoleRandom: draw(next, "challenge"), role, user, password };
  const datagram = encodeSetup("rakp-1", encodeRakp1({ tag: next.tag, ...draft }));
  return sendSetup(next, { kind: "rakp-1", draft }, datagram);
}

function onRakp2(state: SessionState, draft: (Setup & { kind: "rakp-1" })["draft"], payload: Uint8Array): Step {
  const rakp2 = decodeRakp2(payload);
  const { outcome } = rakp2;
  if (!isFor(state, draft.consoleSessionId, rakp2)) return [state, []];
  if (outcome.kind === "refused") return failAll(state, refusal(state, outcome.status));
  const exchange = { ...draft, bmcRandom: outcome.bmcRandom, guid: outcome.guid };
  const next = { ...state, tag: (state.tag + 1) & 0xff };
  if (!sameCode(outcome.code, rakp2Code(exchange))) return refusePassword(next, exchange);
  const code = rakp3Code(exchange);
  const rakp3 = { tag: next.tag, status: rmcpStatus.ok, bmcSessionId: exchange.bmcSessionId, code };
  return sendSetup(next, { kind: "rakp-3", exchange }, encodeSetup("rakp-3", encodeRakp3(rakp3)));
}

/** The BMC made its code with another password. It is told (§13.22), so that it frees the session at once. */
function refusePassword(state: SessionState, { bmcSessionId }: Exchange): Step {
  const { bmc, user } = state.settings;
  const [failed, effects] = failAll(state, fail("bmc-password-refused", { ...bmc, user }));
  const status = rmcpStatus.invalidCheckValue;
  const bytes = encodeSetup("rakp-3", encodeRakp3({ tag: state.tag, status, bmcSessionId, code: new Uint8Array(0) }));
  return [failed, [{ kind: "send", bytes }, ...effects]];
}

function onRakp4(state: SessionState, exchange: Exchange, payload: Uint8Array): Step {
  const rakp4 = decodeRakp4(payload);
  const { status, check } = rakp4;
  if (!isFor(state, exchange.consoleSessionId, rakp4)) return [state, []];
  const good = status === rmcpStatus.ok && sameCode(check, rakp4Check(exchange));
  if (!good && state.keySet) return failAll(state, fail("bmc-key-required", state.settings.bmc));
  if (!good) return restart(state, refusal(state, status === rmcpStatus.ok ? rmcpStatus.invalidCheckValue : status));
  const session = { exchange, keys: deriveKeys(exchange), sequence: 0, window: emptyWindow, rqSeq: 0 };
  return startJob(state, session, { kind: "raise" });
}

/**
 * The password is right (RAKP 2 proved it), so a bad end is a matter of lost or doubled packets: a BMC that got RAKP 1
 * twice may expect the answer to its second challenge. Begin again, but not for ever.
 */
function restart(state: SessionState, error: ReturnType<typeof unreachable>): Step {
  if (state.restarts >= MAX_RESTARTS) return failAll(state, error);
  return beginHandshake({ ...state, restarts: state.restarts + 1 });
}

function sendSetup(state: SessionState, setup: Setup, datagram: Uint8Array, attempt = 1): Step {
  const next: SessionState = { ...state, phase: { kind: "setup", setup, datagram, flight: { attempt } } };
  const ms = attemptMs(state.settings, attempt);
  return [
    next,
    [
      { kind: "send", bytes: datagram },
      { kind: "arm", ms },
    ],
  ];
}

/** The answer to the message just sent, as far as it says whose it is. */
function isFor(
  state: SessionState,
  ours: number,
  answer: { tag: number; consoleSessionId: number | undefined },
): boolean {
  return answer.tag === state.tag && (answer.consoleSessionId ?? ours) === ours;
}

/** Not 0, which §13.17 excludes. */
function newSessionId(state: SessionState, suite: SuiteId): number {
  const bytes = draw(state, `session for suite ${suite}`);
  return (new DataView(bytes.buffer).getUint32(0) | 1) >>> 0;
}

/** Answers that mean "not this suite"; old firmware says "illegal parameter" of algorithms that it never heard of. */
const suiteRefusals: readonly number[] = [
  ...[rmcpStatus.invalidAuthentication, rmcpStatus.invalidIntegrity, 0x06, 0x07],
  ...[rmcpStatus.invalidConfidentiality, rmcpStatus.noSuiteMatch, rmcpStatus.illegalParameter],
];

function describe(algorithms: Algorithms): string {
  const { authentication, integrity, confidentiality } = algorithms;
  if (authentication + integrity + confidentiality === 0) return "suite 0, which asks for no password";
  const suite = suiteByAlgorithms(algorithms);
  return suite ? `suite ${suite.id}` : `algorithms ${authentication}/${integrity}/${confidentiality}`;
}
