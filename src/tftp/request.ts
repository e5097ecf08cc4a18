import { decode, errorCodes, type TftpPacket } from "./packet.ts";
import { agree, type Terms } from "./terms.ts";

/**
 * A read-only map from names to contents. Names come normalised: no leading or doubled slash, no `.`, no `..`;
 * `undefined` is "not found". The client's address lets the map answer only to machines that it knows.
 */
export type TftpFiles = (
  name: string,
  client: { readonly address: string },
) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

export interface Refusal {
  readonly kind: "refuse";
  readonly file: string;
  readonly code: number;
  readonly message: string;
}

export type TftpAnswer =
  | { readonly kind: "serve"; readonly file: string; readonly content: Uint8Array; readonly terms: Terms }
  | Refusal;

export type ReadOrWrite = Extract<TftpPacket, { kind: "read" | "write" }>;

const longestName = 512;

/** A request's packet; for one that is broken the refusal; `undefined` (silence) for anything that isn't a request. */
export function readRequest(datagram: Uint8Array): ReadOrWrite | Refusal | undefined {
  if (datagram.length < 2 || datagram[0] !== 0 || (datagram[1] !== 1 && datagram[1] !== 2)) return undefined;
  try {
    return decode(datagram) as ReadOrWrite;
  } catch {
    return refuse("", errorCodes.illegalOperation, "malformed request");
  }
}

/** Decides on a request: what to serve and on which terms, or why not (RFC 1350 §5, appendix). */
export async function answer(request: ReadOrWrite, files: TftpFiles, client: { address: string }): Promise<TftpAnswer> {
  const file = printable(request.file);
  if (request.kind === "write") return refuse(file, errorCodes.accessViolation, "this server is read-only");
  if (request.mode !== "octet" && request.mode !== "netascii") {
    return refuse(file, errorCodes.illegalOperation, "the mode must be octet or netascii");
  }
  const name = normaliseName(request.file);
  const content = name === undefined ? undefined : await files(name, client);
  if (name === undefined || !content) return refuse(file, errorCodes.notFound, "file not found");
  if (request.mode === "octet") {
    return { kind: "serve", file: name, content, terms: agree(request.options, content.length) };
  }
  return { kind: "serve", file: name, content: toNetascii(content), terms: agree(request.options, undefined) };
}

/** `//grubx64.efi` and `/./grubx64.efi` are `grubx64.efi`; a name that climbs or holds odd bytes is no name at all. */
export function normaliseName(raw: string): string | undefined {
  const parts = raw.split("/").filter((part) => part !== "" && part !== ".");
  const odd = raw.length > longestName || /[\0-\x1f\x7f\\]/.test(raw) || parts.includes("..");
  return odd || parts.length === 0 ? undefined : parts.join("/");
}

/** RFC 764 as RFC 1350 §1 wants it: LF becomes CR LF, CR becomes CR NUL. */
export function toNetascii(content: Uint8Array): Uint8Array {
  const text = Buffer.from(content).toString("latin1");
  const netascii = text.replaceAll(/[\r\n]/g, (end) => (end === "\r" ? "\r\0" : "\r\n"));
  return new Uint8Array(Buffer.from(netascii, "latin1"));
}

const refuse = (file: string, code: number, message: string): Refusal => ({ kind: "refuse", file, code, message });

/** For logs and events: what a stranger sent, cut and without control characters. */
const printable = (raw: string) => raw.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, "?");
