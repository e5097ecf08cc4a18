import type { Clock } from "../clock.ts";
import { privileges } from "../ipmi/commands/set-session-privilege.ts";
import { decodeOpenSessionRequest, encodeOpenSessionResponse, type OpenSessionRequest } from "../ipmi/open-session.ts";
import { encodeSetup, type Packet } from "../ipmi/packet.ts";
import {
  deriveKeys,
  type Exchange,
  rakp2Code,
  rakp3Code,
  rakp4Check,
  type SessionKeys,
  sameCode,
} from "../ipmi/rakp.ts";
import { decodeRakp1, decodeRakp3, encodeRakp2, encodeRakp4, type Rakp1 } from "../ipmi/rakp-messages.ts";
import { rmcpStatus } from "../ipmi/status.ts";
import { type CipherSuite, suiteByAlgorithms } from "../ipmi/suites.ts";
import { emptyWindow, type ReceiveWindow } from "../ipmi/window.ts";
import type { Secret } from "../secret.ts";
import type { BmcFaults } from "./bmc-faults.ts";

export interface BmcUser {
  readonly name: string;
  readonly password: Secret;
  /** The highest privilege level that this user may have. */
  readonly limit: number;
}

/** A login under way, then a session. Changed in place: it belongs to one BMC's table. */
export interface BmcSession {
  readonly suite: CipherSuite;
  readonly consoleSessionId: number;
  readonly bmcSessionId: number;
  exchange?: Exchange;
  /** There from RAKP 4 on. */
  keys?: SessionKeys;
  limit: number;
  level: number;
  sequence: number;
  window: ReceiveWindow;
  lastHeardMs: number;
}

export interface LoginOptions {
  readonly users: readonly BmcUser[];
  readonly guid: Uint8Array;
  readonly faults: BmcFaults;
  readonly clock: Clock;
}

/** IPMI 2.0 §6.12.15. */
const INACTIVITY_MS = 60_000;
const MAX_SESSIONS = 16;
const CHALLENGE_BYTES = 16;

/** The managed system's side of the login, IPMI 2.0 §13.17–§13.23, and its table of sessions. */
export class BmcLogins {
  readonly #options: LoginOptions;
  readonly #sessions = new Map<number, BmcSession>();
  #lastId = 0x7700_0000;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** The reply to a packet before there are keys; `undefined`: silence. Throws a WireError for junk. */
  answer({ payloadType, payload }: Packet & { kind: "setup" }): Uint8Array | undefined {
    switch (payloadType) {
      case "open-session-request":
        return encodeSetup("open-session-response", this.#open(decodeOpenSessionRequest(payload)));
      case "rakp-1":
        return this.#challenge(decodeRakp1(payload));
      case "rakp-3":
        return this.#confirm(payload);
      default:
        return undefined;
    }
  }

  /** An open session that was heard of lately. */
  session(bmcSessionId: number): (BmcSession & { keys: SessionKeys }) | undefined {
    this.#expire();
    const found = this.#sessions.get(bmcSessionId);
    return found?.keys ? (found as BmcSession & { keys: SessionKeys }) : undefined;
  }

  end(bmcSessionId: number): boolean {
    return this.#sessions.delete(bmcSessionId);
  }

  /** As after a reset of the BMC. */
  forget(): void {
    this.#sessions.clear();
  }

  #open({ tag, consoleSessionId, privilege, algorithms }: OpenSessionRequest): Uint8Array {
    const { faults } = this.#options;
    const refuse = (status: number) =>
      encodeOpenSessionResponse({ tag, consoleSessionId, outcome: { kind: "refused", status } });
    this.#expire();
    if (this.#sessions.size >= MAX_SESSIONS) return refuse(rmcpStatus.noResources);
    const suite = suiteByAlgorithms(algorithms);
    if (!suite || faults.onlySuiteZero === "refuses") return refuse(rmcpStatus.noSuiteMatch);
    const bmcSessionId = this.#add(suite, consoleSessionId);
    const none = { authentication: 0, integrity: 0, confidentiality: 0 };
    const outcome = {
      kind: "accepted" as const,
      privilege: faults.privilegeZero ? 0 : privilege || privileges.administrator,
      bmcSessionId,
      algorithms: faults.onlySuiteZero === "downgrades" ? none : suite.algorithms,
    };
    return encodeOpenSessionResponse({ tag, consoleSessionId, outcome });
  }

  #add(suite: CipherSuite, consoleSessionId: number): number {
    const bmcSessionId = ++this.#lastId;
    const fresh = { limit: 0, level: privileges.user, sequence: 0, window: emptyWindow };
    const lastHeardMs = this.#options.clock.monotonicMs();
    this.#sessions.set(bmcSessionId, { suite, consoleSessionId, bmcSessionId, ...fresh, lastHeardMs });
    return bmcSessionId;
  }

  /** RAKP 1 → RAKP 2. A repeated RAKP 1 gets a new challenge, as with real BMCs; the older one is void. */
  #challenge(rakp1: Rakp1): Uint8Array | undefined {
    const session = this.#sessions.get(rakp1.bmcSessionId);
    if (!session || session.keys) return undefined;
    const { tag, role } = rakp1;
    const { faults, guid, clock } = this.#options;
    const { consoleSessionId } = session;
    const refuse = (status: number) =>
      encodeSetup("rakp-2", encodeRakp2({ tag, consoleSessionId, outcome: { kind: "refused", status } }));
    const user = this.#options.users.find(({ name }) => name === rakp1.user);
    if (!user) return refuse(rmcpStatus.unauthorizedName);
    if ((role & 0x0f) > user.limit && !faults.limitsLate) return refuse(rmcpStatus.unauthorizedRole);
    const bmcRandom = clock.randomBytes(CHALLENGE_BYTES);
    const exchange = { ...session, ...rakp1, user: user.name, password: user.password, bmcRandom, guid };
    session.exchange = exchange;
    session.limit = Math.min(role & 0x0f || user.limit, user.limit);
    const outcome = { kind: "accepted" as const, bmcRandom, guid, code: rakp2Code(exchange) };
    return encodeSetup("rakp-2", encodeRakp2({ tag, consoleSessionId, outcome }));
  }

  /** RAKP 3 → RAKP 4. */
  #confirm(payload: Uint8Array): Uint8Array | undefined {
    const { tag, status, bmcSessionId, code } = decodeRakp3(payload);
    const session = this.#sessions.get(bmcSessionId);
    if (!session?.exchange) return undefined;
    const { consoleSessionId, exchange } = session;
    if (status !== rmcpStatus.ok) {
      this.end(bmcSessionId);
      return undefined;
    }
    if (!sameCode(code, rakp3Code(exchange))) {
      this.end(bmcSessionId);
      const refusal = { tag, status: rmcpStatus.invalidCheckValue, consoleSessionId, check: new Uint8Array(0) };
      return encodeSetup("rakp-4", encodeRakp4(refusal));
    }
    session.keys ??= deriveKeys(exchange);
    return encodeSetup("rakp-4", encodeRakp4({ tag, status, consoleSessionId, check: rakp4Check(exchange) }));
  }

  #expire(): void {
    const now = this.#options.clock.monotonicMs();
    for (const { bmcSessionId, lastHeardMs } of this.#sessions.values()) {
      if (now - lastHeardMs > INACTIVITY_MS) this.end(bmcSessionId);
    }
  }
}
