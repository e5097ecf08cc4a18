import type { Clock } from "../clock.ts";
import { decode, encode, errorCodes, type TftpPacket } from "./packet.ts";
import type { Terms } from "./terms.ts";
import { begin, confirmedBytes, type Effect, type Outcome, type Step, step, type Transfer } from "./transfer.ts";

/** Where a datagram came from; the port is the other side's transfer identifier (RFC 1350 §4). */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

export interface SessionOptions {
  readonly content: Uint8Array;
  readonly terms: Terms;
  readonly peer: Peer;
  readonly clock: Clock;
  send(datagram: Uint8Array, to: Peer): void;
  /** The client answered for the first time: there is somebody, and it goes on. */
  onStart(): void;
  /** Nothing is sent after this. */
  onEnd(outcome: Outcome, bytes: number): void;
}

/** Drives one transfer: turns datagrams and the clock into events, and effects into datagrams. Owns a timer, no socket. */
export class Session {
  readonly #options: SessionOptions;
  #transfer: Transfer;
  #heard = false;
  #cancelTimer = () => {};

  /** Sends the first reply at once. */
  constructor(options: SessionOptions) {
    this.#options = options;
    const first = begin(options.content, options.terms, options.clock.monotonicMs());
    this.#transfer = first[0];
    this.#take(first);
  }

  /** Has the client answered yet? Until then a repeated request is the same request. */
  get heard(): boolean {
    return this.#heard;
  }

  receive(datagram: Uint8Array, from: Peer): void {
    const { peer } = this.#options;
    const packet = tryDecode(datagram);
    if (!packet) return;
    if (from.port === peer.port && from.address === peer.address) this.#hear(packet);
    else this.#turnAway(packet, from);
  }

  stop(): void {
    this.#cancelTimer();
  }

  #hear(packet: TftpPacket): void {
    if (!this.#heard && packet.kind === "ack") {
      this.#heard = true;
      this.#options.onStart();
    }
    this.#take(step(this.#transfer, { kind: "packet", packet, atMs: this.#options.clock.monotonicMs() }));
  }

  #take([next, effects]: Step): void {
    this.#transfer = next;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    const { peer, send, onEnd } = this.#options;
    if (effect.kind === "send") send(encode(effect.packet), peer);
    else this.#cancelTimer();
    if (effect.kind === "end") onEnd(effect.outcome, confirmedBytes(this.#transfer));
    if (effect.kind === "wait") this.#wait(effect.ms);
  }

  #wait(ms: number): void {
    const { clock } = this.#options;
    const timeout = () => this.#take(step(this.#transfer, { kind: "timeout", atMs: clock.monotonicMs() }));
    this.#cancelTimer = clock.after(ms, timeout);
  }

  /** RFC 1350 §4: a stranger hears so, and the transfer goes on; but an ERROR is never answered. */
  #turnAway(packet: TftpPacket, from: Peer): void {
    if (packet.kind === "error") return;
    this.#options.send(encode({ kind: "error", code: errorCodes.unknownTransfer, message: "unknown transfer" }), from);
  }
}

/** What can't be read is dropped: a broken datagram is the network's, and the timer's, business. */
function tryDecode(datagram: Uint8Array): TftpPacket | undefined {
  try {
    return decode(datagram);
  } catch {
    return undefined;
  }
}
