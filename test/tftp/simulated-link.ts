import { type Clock, createFakeClock } from "../../src/clock.ts";
import { decode, encode, type TftpPacket } from "../../src/tftp/packet.ts";
import { Session } from "../../src/tftp/session.ts";
import { agree } from "../../src/tftp/terms.ts";
import type { Outcome } from "../../src/tftp/transfer.ts";

export interface Weather {
  readonly seed: number;
  /** Parts of 1, for each datagram in either direction. */
  readonly loss?: number;
  readonly duplicates?: number;
  /** Datagrams that are overtaken: they take 3 ms instead of 1. */
  readonly late?: number;
}

export interface Result {
  readonly outcome: Outcome | undefined;
  readonly received: Uint8Array;
  readonly dataPackets: number;
  readonly elapsedMs: number;
}

/** A small repeatable source of chance (mulberry32), in [0, 1). */
const createChance = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Time that jumps from one appointment to the next. */
function createTimeline() {
  let nowMs = 0;
  let order = 0;
  const heap: { at: number; order: number; run: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    const entry = { at: nowMs + ms, order: order++, run };
    const index = heap.findLastIndex((other) => other.at <= entry.at);
    heap.splice(index + 1, 0, entry);
    return () => {
      entry.run = () => {};
    };
  };
  const next = () => {
    const entry = heap.shift();
    if (entry) nowMs = entry.at;
    entry?.run();
    return entry !== undefined;
  };
  const clock: Clock = { ...createFakeClock(), monotonicMs: () => nowMs, after };
  return { clock, next };
}

/**
 * A client as RFC 1350 and RFC 7440 describe it, with a fixed timer of one second: it takes blocks in order, acknowledges
 * each window, and on a gap once the last block it has. Every repeated block is acknowledged again, as RFC 1350 has it.
 */
function createClient(clock: Clock, blockSizeBytes: number, windowBlocks: number, send: (packet: TftpPacket) => void) {
  const parts: Uint8Array[] = [];
  let inWindow = 0;
  let complainedAt = -1;
  let over = false;
  let cancel = () => {};
  const acknowledge = () => {
    inWindow = 0;
    cancel();
    send({ kind: "ack", block: parts.length & 0xffff });
    if (!over) cancel = clock.after(1000, acknowledge);
  };
  return {
    parts,
    receive: (packet: TftpPacket) => {
      if (packet.kind === "option-ack" && parts.length === 0) acknowledge();
      if (packet.kind !== "data") return;
      if (packet.block === ((parts.length + 1) & 0xffff) && !over) {
        parts.push(packet.payload);
        over = packet.payload.length < blockSizeBytes;
        if (++inWindow >= windowBlocks || over) acknowledge();
      } else if (windowBlocks === 1 || over) acknowledge();
      else if (complainedAt !== parts.length) {
        complainedAt = parts.length;
        acknowledge();
      }
    },
  };
}

/** One transfer over a link with this weather, in virtual time. */
export function transferOverLink(
  content: Uint8Array,
  options: { blksize: number; windowsize: number },
  weather: Weather,
): Result {
  const chance = createChance(weather.seed);
  const { clock, next } = createTimeline();
  const peer = { address: "192.0.2.7", port: 2070 };
  let outcome: Outcome | undefined;
  let dataPackets = 0;
  const carry = (deliver: () => void) => {
    const copies = chance() < (weather.duplicates ?? 0) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (chance() < (weather.loss ?? 0)) continue;
      clock.after(chance() < (weather.late ?? 0) ? 3 : 1, deliver);
    }
  };
  const client = createClient(clock, options.blksize, options.windowsize, (packet) => {
    const bytes = encode(packet);
    carry(() => session.receive(bytes, peer));
  });
  const asked = Object.entries(options).map(([name, value]) => [name, String(value)] as const);
  const session: Session = new Session({
    content,
    terms: agree(asked, content.length),
    peer,
    clock,
    send: (bytes) => {
      const packet = decode(bytes);
      if (packet.kind === "data") dataPackets++;
      carry(() => client.receive(packet));
    },
    onStart: () => {},
    onEnd: (ended) => {
      outcome = ended;
    },
  });
  while (!outcome && next());
  return { outcome, received: Buffer.concat(client.parts), dataPackets, elapsedMs: clock.monotonicMs() };
}
