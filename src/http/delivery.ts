import { Readable } from "node:stream";
import { type Content, select } from "./content.ts";
import type { Body, HttpReply, HttpRequest } from "./exchange.ts";

/** What goes out: status, headers, and the bytes, opened only when they are wanted. */
export interface Delivery {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the body that follows (or would, on HEAD); unknown for a stream without `content-length`. */
  readonly sizeBytes: number | undefined;
  open(): Readable | Uint8Array | undefined;
}

type Asked = Pick<HttpRequest, "method" | "headers">;

/** Turns a reply into what is sent for this request: a part, a 304, headers alone. */
export function deliver(request: Asked, reply: HttpReply): Delivery {
  const { body, status, headers = {} } = reply;
  if (isContent(body)) return status === 200 ? deliverContent(request, body, headers) : deliverWhole(reply, body);
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    const bytes = typeof body === "string" ? Buffer.from(body) : (body ?? new Uint8Array());
    const typed = typeof body === "string" ? { "content-type": "text/plain; charset=utf-8" } : {};
    const length = hasNoBody(status) ? {} : { "content-length": String(bytes.length) };
    return { status, headers: { ...typed, ...headers, ...length }, sizeBytes: bytes.length, open: () => bytes };
  }
  const length = headers["content-length"];
  return {
    status,
    headers,
    sizeBytes: length === undefined ? undefined : Number(length),
    open: () => Readable.from(body),
  };
}

function deliverContent(request: Asked, content: Content, given: Readonly<Record<string, string>>): Delivery {
  const isRead = request.method === "GET" || request.method === "HEAD";
  const selection = isRead ? select(content, request.headers) : { kind: "whole" as const };
  const headers = { ...describe(content), ...given };
  const { sizeBytes } = content;
  switch (selection.kind) {
    case "unchanged":
      return empty(304, headers);
    case "unsatisfiable":
      return empty(416, { ...headers, "content-range": `bytes */${sizeBytes}`, "content-length": "0" });
    case "whole":
      return deliverWhole({ status: 200, headers: given }, content);
    case "part": {
      const { start, end } = selection;
      const range = {
        "content-range": `bytes ${start}-${end - 1}/${sizeBytes}`,
        "content-length": String(end - start),
      };
      const open = () => content.stream(start, end);
      return { status: 206, headers: { ...headers, ...range }, sizeBytes: end - start, open };
    }
    default:
      return selection satisfies never;
  }
}

function deliverWhole(reply: HttpReply, content: Content): Delivery {
  const { sizeBytes } = content;
  const headers = { ...describe(content), ...reply.headers, "content-length": String(sizeBytes) };
  return { status: reply.status, headers, sizeBytes, open: () => content.stream(0, sizeBytes) };
}

const describe = ({ contentType, etag, lastModified }: Content) => ({
  "content-type": contentType,
  "accept-ranges": "bytes",
  ...(etag === undefined ? {} : { etag }),
  ...(lastModified === undefined ? {} : { "last-modified": lastModified }),
});

const empty = (status: number, headers: Readonly<Record<string, string>>): Delivery => ({
  ...{ status, headers, sizeBytes: 0 },
  open: () => undefined,
});

/** RFC 9110 §8.6 */
const hasNoBody = (status: number) => status < 200 || status === 204 || status === 304;

function isContent(body: Body | undefined): body is Content {
  return typeof body === "object" && "sizeBytes" in body && "stream" in body;
}
