import { errorCodes, type TftpPacket } from "./packet.ts";
import type { Terms } from "./terms.ts";
import { measure, mostResends, overtakingMs, type RoundTrip, retransmitMs } from "./timing.ts";

/** One file on its way to one client. Blocks are counted from 1 without wrapping; the wire sees them modulo 65536. */
export interface Transfer {
  readonly content: Uint8Array;
  readonly terms: Terms;
  /** `offered`: the OACK is out, ACK 0 is awaited. */
  readonly stage: "offered" | "sending" | "over";
  readonly confirmed: number;
  readonly sent: number;
  /** Resends since the client was last heard. */
  readonly resends: number;
  readonly roundTrip: RoundTrip | undefined;
  /** When `sent` was sent; unknown after a resend, since the ACK may belong to either (Karn's rule). */
  readonly sentAtMs: number | undefined;
  readonly progressAtMs: number;
  /** The client acknowledged inside the window: unless it soon hears of the rest, that is lost. */
  readonly suspectsLoss: boolean;
}

export type TransferEvent =
  | { readonly kind: "packet"; readonly packet: TftpPacket; readonly atMs: number }
  | { readonly kind: "timeout"; readonly atMs: number };

export type Outcome =
  | { readonly kind: "done" }
  /** The client took the options and went away, as firmware does to learn a file's size. */
  | { readonly kind: "declined"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export type Effect =
  | { readonly kind: "send"; readonly packet: TftpPacket }
  /** Ask for a `timeout` event after `ms`, in place of the one asked for before. */
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "end"; readonly outcome: Outcome };

export type Step = readonly [Transfer, readonly Effect[]];

/** A client that keeps talking without getting on is given up after this long. */
const stalledMs = 60_000;

/** The reply to a read request: an OACK if options were granted, else the first block (RFC 2347 §2). */
export function begin(content: Uint8Array, terms: Terms, atMs: number): Step {
  const unheard = { resends: 0, roundTrip: undefined, sentAtMs: atMs, progressAtMs: atMs, suspectsLoss: false };
  const stage = terms.accepted.length > 0 ? "offered" : "sending";
  return send({ content, terms, stage, confirmed: 0, sent: 0, ...unheard }, atMs);
}

/** RFC 1350 §2, RFC 7440 §4: what an event does to a transfer. */
export function step(transfer: Transfer, event: TransferEvent): Step {
  if (transfer.stage === "over") return [transfer, []];
  if (event.kind === "timeout") return resend(transfer, event.atMs);
  switch (event.packet.kind) {
    case "ack":
      return acknowledged(transfer, event.packet.block, event.atMs);
    case "error":
      return refused(transfer, event.packet);
    default:
      return [transfer, []];
  }
}

/** Bytes that the client has confirmed. */
export function confirmedBytes({ content, terms, confirmed }: Transfer): number {
  return Math.min(content.length, confirmed * terms.blockSizeBytes);
}

function acknowledged(transfer: Transfer, block: number, atMs: number): Step {
  const advance = (block - transfer.confirmed) & 0xffff;
  const expected = transfer.stage === "offered" ? advance === 0 : advance > 0 && advance <= inFlight(transfer);
  if (!expected) return repeated(transfer, atMs);
  const confirmed = transfer.confirmed + advance;
  const whole = confirmed === transfer.sent;
  const sample = whole && transfer.sentAtMs !== undefined ? atMs - transfer.sentAtMs : undefined;
  const roundTrip = sample === undefined ? transfer.roundTrip : measure(transfer.roundTrip, sample);
  const heard = { stage: "sending", resends: 0, progressAtMs: atMs, suspectsLoss: !whole } as const;
  const next: Transfer = { ...transfer, ...heard, confirmed, roundTrip };
  return confirmed === lastBlock(transfer) ? end(next, { kind: "done" }) : send(next, atMs);
}

/**
 * A second ACK of the same block shows only that the client is there. To send again because of it would double every
 * later packet: the Sorcerer's Apprentice (RFC 1123 §4.2.3.1). Only the timer resends.
 */
function repeated(transfer: Transfer, atMs: number): Step {
  if (atMs - transfer.progressAtMs < stalledMs) return [{ ...transfer, resends: 0 }, []];
  return end(transfer, { kind: "failed", reason: `no progress within ${stalledMs / 1000} s` });
}

function refused(transfer: Transfer, error: { code: number; message: string }): Step {
  const reason = `the client ended it: ${error.message || "no reason given"} (${error.code})`;
  const probe = transfer.stage === "offered" && error.code !== errorCodes.unknownTransfer;
  return end(transfer, { kind: probe ? "declined" : "failed", reason });
}

/** What isn't confirmed goes out again; only a wait in vain counts towards giving up. */
function resend(transfer: Transfer, atMs: number): Step {
  const resends = transfer.suspectsLoss ? 0 : transfer.resends + 1;
  if (resends <= mostResends) {
    const [next, effects] = send({ ...transfer, sent: transfer.confirmed, resends, suspectsLoss: false }, atMs);
    return [{ ...next, sentAtMs: undefined }, effects];
  }
  const atEnd = transfer.sent === lastBlock(transfer);
  const missing = atEnd ? "the last block, the client may have it all" : `block ${transfer.confirmed + 1}`;
  const reason = transfer.stage === "offered" ? "the offer of options" : missing;
  return end(transfer, { kind: "failed", reason: `no ACK of ${reason}` });
}

/**
 * Sends the OACK, or the blocks that the window has room for; and waits.
 *
 * An ACK inside the window says that the client goes on from there (RFC 7440 §4): the window moves on at once, but what
 * was sent before is sent again only if no further ACK comes within a round trip. Doubled and overtaken datagrams make
 * clients send such ACKs too, and to believe each of them at once multiplies the traffic (× 12 was seen in simulation).
 */
function send(transfer: Transfer, atMs: number): Step {
  const { terms, confirmed, sent, stage } = transfer;
  const packets: TftpPacket[] = [];
  if (stage === "offered") packets.push({ kind: "option-ack", options: terms.accepted });
  const last = stage === "offered" ? confirmed : Math.min(confirmed + terms.windowBlocks, lastBlock(transfer));
  for (let block = sent + 1; block <= last; block++) packets.push(dataPacket(transfer, block));
  const patient = terms.timeoutMs ?? retransmitMs(transfer.roundTrip, transfer.resends);
  const ms = transfer.suspectsLoss ? overtakingMs(transfer.roundTrip) : patient;
  const effects: Effect[] = packets.map((packet) => ({ kind: "send", packet }));
  const sentAtMs = packets.length > 0 ? atMs : undefined;
  return [{ ...transfer, sent: last, sentAtMs }, [...effects, { kind: "wait", ms }]];
}

function dataPacket({ content, terms }: Transfer, block: number): TftpPacket {
  const start = (block - 1) * terms.blockSizeBytes;
  return { kind: "data", block: block & 0xffff, payload: content.subarray(start, start + terms.blockSizeBytes) };
}

function end(transfer: Transfer, outcome: Outcome): Step {
  return [{ ...transfer, stage: "over" }, [{ kind: "end", outcome }]];
}

const inFlight = ({ sent, confirmed }: Transfer) => sent - confirmed;

/** The end is a block shorter than the others; after an exact multiple that is an empty one (RFC 1350 §6). */
const lastBlock = ({ content, terms }: Transfer) => Math.floor(content.length / terms.blockSizeBytes) + 1;
