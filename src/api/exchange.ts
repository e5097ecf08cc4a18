import { type StreamLine, stream } from "../app/stream.ts";
import type { Clock } from "../clock.ts";
import { toRecord } from "../errors.ts";
import type { HttpReply, HttpRequest } from "../http/server.ts";
import type { OperationListener } from "../lifecycle/events.ts";
import { fail } from "./errors.ts";

const bodyLimitBytes = 4096;

export const json = (value: unknown): HttpReply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: `${JSON.stringify(value)}\n`,
});

/** Events as they come, then the result or the error. The stream outlives the asker: whoever goes away, the work goes on. */
export function streamReply<Result>(clock: Clock, work: (watch: OperationListener) => Promise<Result>): HttpReply {
  const lines = stream<StreamLine<Result>>(clock, async (emit) => {
    try {
      emit({ result: await work((event) => emit({ event })) });
    } catch (thrown) {
      emit({ error: toRecord(thrown) });
    }
  });
  return { status: 200, headers: { "content-type": "application/x-ndjson" }, body: lines };
}

/** @throws `request-not-json` */
export async function readBody(request: HttpRequest): Promise<Record<string, unknown>> {
  const sent = await request.text(bodyLimitBytes);
  const value = parse(sent || "{}");
  if (typeof value !== "object" || value === null) throw fail("request-not-json", { reason: `it is ${typeof value}` });
  return value as Record<string, unknown>;
}

function parse(sent: string): unknown {
  try {
    return JSON.parse(sent);
  } catch (cause) {
    throw fail("request-not-json", { reason: (cause as Error).message }, { cause });
  }
}

/** Untrusted: cut, and without control characters. */
export const text = (value: unknown) =>
  String(value ?? "api")
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, " ")
    .slice(0, 100);
