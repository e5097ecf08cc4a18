import type { Content } from "./content.ts";

/** A request, read and made plain. */
export interface HttpRequest {
  readonly method: string;
  /** As the request line has it: `/a//b?c`, or `http://host/path` when the client takes us for its proxy. */
  readonly target: string;
  /** Decoded, `//` made `/`; what climbs was refused with 400. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `unix` for a Unix socket. */
  readonly remoteAddress: string;
  /** The body; throws `http-body-too-large` beyond the limit (64 KiB unless given). */
  text(limitBytes?: number): Promise<string>;
}

export type Body = string | Uint8Array | Content | AsyncIterable<Uint8Array | string>;

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
}

/** `undefined` is 404. */
export type Answer = (request: HttpRequest) => Promise<HttpReply | undefined> | HttpReply | undefined;

export type HttpEvent =
  /** A reply was finished, or broken off. */
  | {
      readonly kind: "request";
      readonly method: string;
      readonly path: string;
      readonly remoteAddress: string;
      readonly status: number;
      readonly bytes: number;
      readonly totalBytes?: number;
      readonly durationMs: number;
      readonly aborted: boolean;
      readonly userAgent?: string;
    }
  /** A big body is on its way; at most two a second. */
  | {
      readonly kind: "progress";
      readonly path: string;
      readonly remoteAddress: string;
      readonly bytes: number;
      readonly totalBytes: number;
    };

/** A reply of one sentence, as people at a console will read it. */
export function sentence(status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: `${text}\n` };
}
