import { createHmac } from "node:crypto";
import type { ProvisionError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import type { Privilege } from "../commands/set-session-privilege.ts";
import type { BmcName } from "../errors.ts";
import type { Exchange, SessionKeys } from "../rakp.ts";
import type { CipherSuite, SuiteId } from "../suites.ts";
import type { ReceiveWindow } from "../window.ts";

/** The conversation with one BMC. Pure: `step(state, event)` gives the next state and what the shell is to do. */

export interface SessionSettings {
  readonly bmc: BmcName;
  readonly user: string;
  readonly password: Secret;
  /** In the order in which they are tried. */
  readonly suites: readonly SuiteId[];
  readonly privilege: Privilege;
  /** How long the first attempt waits; each further one waits half as long again. */
  readonly firstTimeoutMs: number;
  readonly attempts: number;
  /** A session idle for so long is kept alive; §6.12.15: a BMC drops it after 60 s. */
  readonly keepAliveMs: number;
}

export interface Request {
  readonly id: number;
  readonly name: string;
  readonly netFn: number;
  readonly command: number;
  readonly data: Uint8Array;
  /** Never sent twice. */
  readonly once: boolean;
}

export type SessionEvent =
  | { readonly kind: "request"; readonly request: Request }
  | { readonly kind: "datagram"; readonly bytes: Uint8Array }
  | { readonly kind: "timeout" }
  /** The socket said something, such as "port unreachable"; only used to explain a silence. */
  | { readonly kind: "trouble"; readonly reason: string }
  | { readonly kind: "close" };

export type SessionEffect =
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** There is one timer; arming it replaces what was armed. */
  | { readonly kind: "arm"; readonly ms: number }
  | { readonly kind: "disarm" }
  | { readonly kind: "answered"; readonly id: number; readonly completion: number; readonly data: Uint8Array }
  | { readonly kind: "failed"; readonly id: number; readonly error: ProvisionError }
  | { readonly kind: "opened"; readonly suite: number }
  | { readonly kind: "closed" };

export type Step = readonly [SessionState, readonly SessionEffect[]];

/** A message under way. */
export interface Flight {
  /** From 1. */
  readonly attempt: number;
}

export interface Session {
  readonly exchange: Exchange;
  readonly keys: SessionKeys;
  /** The last one sent, outbound. */
  readonly sequence: number;
  readonly window: ReceiveWindow;
  /** The last rqSeq used. */
  readonly rqSeq: number;
}

/** What a session is busy with; all but `request` are the conversation's own. */
export type Job =
  | { readonly kind: "request"; readonly request: Request }
  | { readonly kind: "raise" }
  | { readonly kind: "keep-alive" }
  | { readonly kind: "close" };

export type Setup =
  | { readonly kind: "capabilities" }
  | { readonly kind: "opening"; readonly suite: CipherSuite; readonly consoleSessionId: number }
  | { readonly kind: "rakp-1"; readonly draft: Omit<Exchange, "bmcRandom" | "guid"> }
  | { readonly kind: "rakp-3"; readonly exchange: Exchange };

export type Phase =
  | { readonly kind: "idle" }
  /** Before there are keys. A repeat is the same datagram. */
  | { readonly kind: "setup"; readonly setup: Setup; readonly flight: Flight; readonly datagram: Uint8Array }
  | { readonly kind: "ready"; readonly session: Session }
  /** `rqSeqs`: of all attempts; an answer to any of them is the answer. */
  | {
      readonly kind: "busy";
      readonly session: Session;
      readonly job: Job;
      readonly flight: Flight;
      readonly rqSeqs: readonly number[];
    };

export interface SessionState {
  readonly settings: SessionSettings;
  readonly seed: Uint8Array;
  readonly phase: Phase;
  /** Requests in order; the first one may be under way. */
  readonly waiting: readonly Request[];
  /** Suites not yet refused; starts with the one that worked last. */
  readonly suites: readonly SuiteId[];
  /** Handshakes ever begun: makes each one's ids and challenges new. */
  readonly handshakes: number;
  /** Handshakes in a row that led nowhere. */
  readonly restarts: number;
  /** The first waiting request was sent in an earlier session that fell silent. */
  readonly reopened: boolean;
  readonly tag: number;
  readonly keySet: boolean;
  readonly trouble: string | undefined;
}

/** @param seed 32 bytes of chance, from which all of the conversation's random values are drawn */
export function createSession(settings: SessionSettings, seed: Uint8Array): SessionState {
  return {
    settings,
    seed,
    phase: { kind: "idle" },
    waiting: [],
    suites: settings.suites,
    handshakes: 0,
    restarts: 0,
    reopened: false,
    tag: 0,
    keySet: false,
    trouble: undefined,
  };
}

/** 16 bytes that nobody without the seed can foresee, and that are the same for the same purpose. */
export function draw(state: SessionState, purpose: string): Uint8Array {
  const digest = createHmac("sha256", state.seed).update(`${state.handshakes} ${purpose}`).digest();
  return new Uint8Array(digest.subarray(0, 16));
}

const GROWTH = 1.5;

export function attemptMs(settings: SessionSettings, attempt: number): number {
  return settings.firstTimeoutMs * GROWTH ** (attempt - 1);
}

/** How long all attempts together wait. */
export function patienceMs(settings: SessionSettings): number {
  return Array.from({ length: settings.attempts }, (_, index) => attemptMs(settings, index + 1)).reduce(
    (a, b) => a + b,
  );
}
