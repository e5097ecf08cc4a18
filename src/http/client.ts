import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { fail } from "./errors.ts";

export interface FetchOptions {
  /** `http://…` or `https://…`. */
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Speak to this Unix socket, whatever host the URL names. */
  readonly socketPath?: string;
  /** The other side is a proxy: ask it for the whole URL, https too. */
  readonly proxy?: boolean;
  /** The longest silence, to the first byte and between bytes; 30 s unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface FetchedReply {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Throws `http-broken-off` unless all announced bytes came, `http-timeout` on silence. */
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
  /** For who doesn't want the body: ends the connection. */
  discard(): void;
}

const defaultTimeoutMs = 30_000;

/** One request over a connection of its own; redirects are not followed. Throws `http-unreachable`, `http-timeout`. */
export async function fetchHttp(options: FetchOptions): Promise<FetchedReply> {
  const { url, timeoutMs = defaultTimeoutMs } = options;
  const request = open(options);
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    // Later errors come through the reply; without a listener they would end the process.
    request.on("error", (thrown) => reject(translate(thrown, url)));
    let silent: ClientRequest | IncomingMessage = request;
    request.setTimeout(timeoutMs, () => silent.destroy(fail("http-timeout", { url, timeoutMs })));
    request.once("response", (reply) => {
      silent = reply;
      resolve(reply);
    });
    request.end(options.body);
  });
  const headers = Object.fromEntries(
    Object.entries(reply.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
  const body = readBody(reply, url);
  const discard = () => void reply.on("error", () => {}).destroy();
  return { status: reply.statusCode ?? 0, headers, body, text: () => textOf(body), discard };
}

function open(options: FetchOptions): ClientRequest {
  const { url, method = "GET", headers = {}, socketPath, proxy, signal } = options;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") throw fail("http-bad-url", { url });
  const path = proxy ? parsed.href : `${parsed.pathname}${parsed.search}`;
  const place =
    socketPath === undefined ? { host: bare(parsed.hostname), port: parsed.port || undefined } : { socketPath };
  const length = options.body === undefined ? {} : { "content-length": String(Buffer.byteLength(options.body)) };
  const send = parsed.protocol === "https:" && !proxy ? requestHttps : requestHttp;
  return send({
    ...{ ...place, path, method, agent: false },
    headers: { host: parsed.host, ...length, ...headers },
    ...(signal ? { signal } : {}),
  });
}

/** IPv6 hosts stand in brackets in a URL and without them in a socket's address. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, "");

async function* readBody(reply: IncomingMessage, url: string): AsyncGenerator<Uint8Array> {
  const announced = reply.headers["content-length"];
  const totalBytes = announced === undefined ? undefined : Number(announced);
  let bytes = 0;
  try {
    for await (const chunk of reply) {
      bytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } catch (thrown) {
    const translated = translate(thrown as Error, url);
    if (translated.code !== "http-unreachable") throw translated;
    throw fail("http-broken-off", { url, bytes, totalBytes }, { cause: thrown });
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Ours pass, and so does the caller's own abort; Node's become `http-unreachable`. */
function translate(thrown: Error & { code?: string }, url: string): Error & { code?: string } {
  if (thrown.name === "ProvisionError" || thrown.name === "AbortError") return thrown;
  const reason = thrown.message || thrown.code || thrown.name;
  return fail("http-unreachable", { url, reason }, { cause: thrown });
}

/** Can the end of this reply's body be told from a connection that broke? (RFC 9112 §6.3) */
export function hasKnownEnd({ headers }: Pick<FetchedReply, "headers">): boolean {
  return headers["content-length"] !== undefined || /\bchunked\b/i.test(headers["transfer-encoding"] ?? "");
}
