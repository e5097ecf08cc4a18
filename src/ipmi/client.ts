import type { Clock } from "../clock.ts";
import { ProvisionError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Secret } from "../secret.ts";
import { WireError } from "../wire/reader.ts";
import type { Command } from "./command.ts";
import type { Privilege } from "./commands/set-session-privilege.ts";
import { type BmcName, fail } from "./errors.ts";
import { MAX_PASSWORD_BYTES } from "./rakp.ts";
import { createSession, type SessionEffect, type SessionEvent, type SessionState } from "./session/state.ts";
import { step } from "./session/step.ts";
import { describeCompletion } from "./status.ts";
import type { SuiteId } from "./suites.ts";
import { type DatagramChannel, openChannel } from "./udp.ts";

export interface IpmiClientOptions {
  /** `name`: what people call it, the node's name; hints use it. */
  readonly bmc: BmcName;
  readonly user: string;
  readonly password: Secret;
  /** In the order in which they are tried; 17, then 3. */
  readonly suites?: readonly SuiteId[];
  /** administrator */
  readonly privilege?: Privilege;
  /** 1000: the first attempt's; each further one waits half as long again. */
  readonly firstTimeoutMs?: number;
  /** 4 */
  readonly attempts?: number;
  /** 25 000 */
  readonly keepAliveMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The completion code behind a `bmc-command-refused`; `undefined` for any other error. */
export function completionOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof ProvisionError) || thrown.code !== "bmc-command-refused") return undefined;
  return (thrown.cause as { completion: number }).completion;
}

interface Waiting {
  resolve(answer: { completion: number; data: Uint8Array }): void;
  reject(error: Error): void;
}

const SEED_BYTES = 32;

/** An IPMI 2.0 session with one BMC: opened by the first request, kept alive, opened again when the BMC forgot it. */
export class IpmiClient {
  readonly #options: IpmiClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  #state: SessionState;
  #channel: DatagramChannel | undefined;
  #disarm: (() => void) | undefined;
  #lastId = 0;
  #over = false;
  #closed: (() => void) | undefined;

  constructor(options: IpmiClientOptions) {
    const { bmc, user, password, clock } = options;
    this.#options = options;
    const { suites = [17, 3], privilege = "administrator" } = options;
    const { firstTimeoutMs = 1000, attempts = 4, keepAliveMs = 25_000 } = options;
    const settings = { bmc, user, password, suites, privilege, firstTimeoutMs, attempts, keepAliveMs };
    this.#state = createSession(settings, clock.randomBytes(SEED_BYTES));
  }

  /**
   * Sends one command and gives its answer. Requests are sent one at a time, in order.
   * Throws `bmc-unreachable`, `bmc-command-refused` and the others of `ipmi/errors.ts`.
   */
  async run<Request, Response>(command: Command<Request, Response>, request: NoInfer<Request>): Promise<Response> {
    const { bmc, password } = this.#options;
    if (this.#over) throw fail("bmc-connection-closed", bmc);
    if (Buffer.byteLength(password.reveal()) > MAX_PASSWORD_BYTES) throw fail("bmc-password-too-long", bmc);
    const { completion, data } = await this.#ask(command, request);
    if (completion !== 0) {
      const reason = command.completions?.[completion] ?? describeCompletion(completion);
      throw fail(
        "bmc-command-refused",
        { ...bmc, command: command.name, completion, reason },
        { cause: { completion } },
      );
    }
    try {
      return command.decodeResponse(data);
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
      throw fail("bmc-answer-malformed", { ...bmc, command: command.name, reason: thrown.message }, { cause: thrown });
    }
  }

  /** Ends the session, so that the BMC's slot is free at once. What still waits fails. May be called twice. */
  async close(): Promise<void> {
    this.#over = true;
    if (!this.#channel || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#feed({ kind: "close" });
    });
    this.#channel?.close();
    this.#channel = undefined;
  }

  #ask<Request, Response>(command: Command<Request, Response>, request: Request) {
    const { name, netFn } = command;
    const [id, data] = [++this.#lastId, command.encodeRequest(request)];
    const once = command.once?.(request) ?? false;
    return new Promise<{ completion: number; data: Uint8Array }>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#channel ??= this.#open();
      this.#feed({ kind: "request", request: { id, name, netFn, command: command.command, data, once } });
    });
  }

  #open(): DatagramChannel {
    return openChannel({
      ...this.#options.bmc,
      onDatagram: (bytes) => this.#feed({ kind: "datagram", bytes }),
      onTrouble: (reason) => this.#feed({ kind: "trouble", reason }),
    });
  }

  #feed(event: SessionEvent): void {
    const [next, effects] = step(this.#state, event);
    this.#state = next;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    switch (effect.kind) {
      case "send":
        this.#channel?.send(effect.bytes);
        break;
      case "arm":
        this.#disarm?.();
        this.#disarm = this.#options.clock.after(effect.ms, () => this.#feed({ kind: "timeout" }));
        break;
      case "disarm":
        this.#disarm?.();
        break;
      case "answered":
        this.#take(effect.id)?.resolve(effect);
        break;
      case "failed":
        this.#take(effect.id)?.reject(effect.error);
        break;
      case "opened":
        this.#options.log.debug("bmc session opened", { suite: effect.suite });
        break;
      case "closed":
        this.#closed?.();
        break;
      default:
        effect satisfies never;
    }
  }

  #take(id: number): Waiting | undefined {
    const found = this.#waiting.get(id);
    this.#waiting.delete(id);
    return found;
  }
}
