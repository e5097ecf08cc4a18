import type { Readable } from "node:stream";

/** Bytes of a known size that can be read from anywhere: the server handles HEAD, ranges and conditions for it. */
export interface Content {
  readonly sizeBytes: number;
  readonly contentType: string;
  /** With its quotes: `"abc"`. */
  readonly etag?: string;
  /** An HTTP date, as `Last-Modified` carries it. */
  readonly lastModified?: string;
  /** The bytes from `start` up to, not including, `end`. */
  stream(start: number, end: number): Readable;
}

type Headers = Readonly<Record<string, string | undefined>>;

export type Selection =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "unchanged" };

/** What of the content a GET or HEAD asks for, by its conditions and its range (RFC 9110 §13.2.2, §14.2). */
export function select(content: Content, headers: Headers): Selection {
  if (isUnchanged(content, headers)) return { kind: "unchanged" };
  if (headers.range === undefined || !mayContinue(content, headers["if-range"])) return { kind: "whole" };
  return parseRange(headers.range, content.sizeBytes);
}

/** RFC 9110 §14.1.2. One range is served; several, or another unit, are answered with the whole. */
export function parseRange(text: string, sizeBytes: number): Selection {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(text);
  if (!match || (match[1] === "" && match[2] === "")) return { kind: "whole" };
  const [first, last] = [match[1] as string, match[2] as string];
  if (first === "") {
    const count = Math.min(Number(last), sizeBytes);
    return count === 0 ? { kind: "unsatisfiable" } : { kind: "part", start: sizeBytes - count, end: sizeBytes };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  if (start >= sizeBytes) return { kind: "unsatisfiable" };
  return { kind: "part", start, end: last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}

/** RFC 9110 §13.1.2 and §13.1.3: the date counts only where no tag is given. */
function isUnchanged({ etag, lastModified }: Content, headers: Headers): boolean {
  const tags = headers["if-none-match"];
  if (tags !== undefined) {
    const bare = (tag: string) => tag.trim().replace(/^W\//, "");
    return tags.trim() === "*" || (etag !== undefined && tags.split(",").map(bare).includes(bare(etag)));
  }
  const since = Date.parse(headers["if-modified-since"] ?? "");
  return lastModified !== undefined && Date.parse(lastModified) <= since;
}

/** RFC 9110 §13.1.5: a strong tag or the exact date; else the client's beginning belongs to something else. */
function mayContinue({ etag, lastModified }: Content, condition: string | undefined): boolean {
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === etag;
  return lastModified !== undefined && Date.parse(condition) === Date.parse(lastModified);
}
