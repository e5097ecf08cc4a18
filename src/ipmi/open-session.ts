import { Reader, WireError } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { Algorithms } from "./suites.ts";

/** RMCP+ Open Session Request, IPMI 2.0 §13.17. */
export interface OpenSessionRequest {
  readonly tag: number;
  /** Requested maximum privilege; 0 = the highest that the suite allows. */
  readonly privilege: number;
  readonly consoleSessionId: number;
  readonly algorithms: Algorithms;
}

/** RMCP+ Open Session Response, §13.18. Some BMCs, and ipmi_sim, say privilege 0: it means nothing and is let pass. */
export interface OpenSessionResponse {
  readonly tag: number;
  /** ipmi_sim (OpenIPMI 2.0.33) ends a refusal before it. */
  readonly consoleSessionId: number | undefined;
  readonly outcome:
    | { readonly kind: "refused"; readonly status: number }
    | {
        readonly kind: "accepted";
        readonly privilege: number;
        readonly bmcSessionId: number;
        readonly algorithms: Algorithms;
      };
}

export function encodeOpenSessionRequest(request: OpenSessionRequest): Uint8Array {
  const writer = new Writer().u8(request.tag).u8(request.privilege).zeros(2).u32le(request.consoleSessionId);
  return writeAlgorithms(writer, request.algorithms).finish();
}

export function decodeOpenSessionRequest(payload: Uint8Array): OpenSessionRequest {
  const reader = new Reader(payload);
  const [tag, privilege] = [reader.u8(), reader.u8() & 0x0f];
  reader.skip(2);
  return { tag, privilege, consoleSessionId: reader.u32le(), algorithms: readAlgorithms(reader) };
}

export function encodeOpenSessionResponse({ tag, consoleSessionId, outcome }: OpenSessionResponse): Uint8Array {
  const writer = new Writer().u8(tag);
  if (outcome.kind === "refused")
    return writer
      .u8(outcome.status)
      .zeros(2)
      .u32le(consoleSessionId ?? 0)
      .finish();
  writer
    .u8(0)
    .u8(outcome.privilege)
    .zeros(1)
    .u32le(consoleSessionId ?? 0)
    .u32le(outcome.bmcSessionId);
  return writeAlgorithms(writer, outcome.algorithms).finish();
}

export function decodeOpenSessionResponse(payload: Uint8Array): OpenSessionResponse {
  const reader = new Reader(payload);
  const [tag, status] = [reader.u8(), reader.u8()];
  if (status !== 0) return { tag, consoleSessionId: readRefusedId(reader), outcome: { kind: "refused", status } };
  const privilege = reader.u8();
  reader.skip(1);
  const consoleSessionId = reader.u32le();
  const outcome = { privilege, bmcSessionId: reader.u32le(), algorithms: readAlgorithms(reader) };
  return { tag, consoleSessionId, outcome: { kind: "accepted", ...outcome } };
}

/** The rest of a refusal: 2 bytes that don't matter and the receiver's session id, if they are there. */
export function readRefusedId(reader: Reader): number | undefined {
  if (reader.remaining < 6) return undefined;
  reader.skip(2);
  return reader.u32le();
}

/** Three 8-byte records: type, 2 reserved, length 8, algorithm, 3 reserved. Length 0 asks for "any", which means none. */
function writeAlgorithms(writer: Writer, { authentication, integrity, confidentiality }: Algorithms): Writer {
  for (const [type, algorithm] of [authentication, integrity, confidentiality].entries()) {
    writer.u8(type).zeros(2).u8(8).u8(algorithm).zeros(3);
  }
  return writer;
}

function readAlgorithms(reader: Reader): Algorithms {
  const found = [0, 1, 2].map((expected) => {
    const start = reader.offset;
    const type = reader.u8();
    if (type !== expected) throw new WireError(`algorithm record ${expected} has type ${type}`, start);
    reader.skip(2);
    const length = reader.u8();
    const algorithm = reader.u8() & 0x3f;
    reader.skip(3);
    return length === 0 ? 0 : algorithm;
  });
  const [authentication, integrity, confidentiality] = found as [number, number, number];
  return { authentication, integrity, confidentiality };
}
