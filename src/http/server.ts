import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../clock.ts";
import { ProvisionError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Delivery, deliver } from "./delivery.ts";
import { fail } from "./errors.ts";
import { type Answer, type HttpEvent, type HttpReply, type HttpRequest, sentence } from "./exchange.ts";
import { parseTarget } from "./target.ts";

export type { Content } from "./content.ts";
export type { Answer, Body, HttpEvent, HttpReply, HttpRequest } from "./exchange.ts";

/** Times after which a connection is cut, in milliseconds. */
export interface HttpLimits {
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** … to the end of its body. */
  readonly requestMs: number;
  /** Nothing sent or received. */
  readonly idleMs: number;
}

export interface HttpServerOptions {
  readonly listen: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly answer: Answer;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<HttpLimits>;
  onEvent?(event: HttpEvent): void;
}

export interface HttpServer {
  /** 0 on a Unix socket. */
  readonly port: number;
  /** Takes no more requests; those under way have two seconds to finish. */
  close(): Promise<void>;
}

const defaultLimits: HttpLimits = { headersMs: 10_000, requestMs: 60_000, idleMs: 120_000 };
const mostConnections = 1024;
const mostBodyBytes = 64 * 1024;
const graceMs = 2000;
/** Bodies from this size on are worth a progress event, every so often. */
const progressFromBytes = 1024 * 1024;
const progressEveryMs = 500;

/** Serves `answer` over HTTP/1.1. Throws `http-cannot-listen`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { headersMs, requestMs, idleMs } = { ...defaultLimits, ...options.limits };
  const server = createServer({
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(1000, headersMs),
    keepAliveTimeout: Math.min(idleMs, 15_000),
    maxHeaderSize: 16 * 1024,
  });
  server.maxConnections = mostConnections;
  server.setTimeout(idleMs);
  server.on("request", (incoming, response) => {
    respond(incoming, response, options).catch((thrown) => {
      options.log.error("an HTTP reply failed", { path: incoming.url, error: String(thrown) });
      response.destroy();
    });
  });
  await listen(server, options.listen);
  const address = server.address() as AddressInfo | string;
  return { port: typeof address === "string" ? 0 : address.port, close: () => close(server, options.clock) };
}

async function listen(server: Server, where: HttpServerOptions["listen"]): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(where, resolve));
  } catch (thrown) {
    const place = "path" in where ? where.path : `${where.host} port ${where.port}`;
    throw fail("http-cannot-listen", { where: place, reason: (thrown as Error).message }, { cause: thrown });
  }
  server.removeAllListeners("error");
}

async function close(server: Server, clock: Clock): Promise<void> {
  const cancel = clock.after(graceMs, () => server.closeAllConnections());
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  cancel();
}

async function respond(incoming: IncomingMessage, response: ServerResponse, options: HttpServerOptions): Promise<void> {
  const startedMs = options.clock.monotonicMs();
  const request = readRequest(incoming);
  const reply = request ? await replyTo(request, options) : sentence(400, "This path can't be read.");
  const asked = request ?? { method: incoming.method ?? "", headers: {} };
  const told = { path: request?.path ?? (incoming.url ?? "").slice(0, 200), remoteAddress: addressOf(incoming) };
  const delivery = deliver(asked, reply);
  const sent = await send(delivery, { incoming, response, options, told });
  const userAgent = incoming.headers["user-agent"];
  options.onEvent?.({
    kind: "request",
    method: asked.method,
    ...told,
    status: delivery.status,
    ...sent,
    ...(delivery.sizeBytes === undefined ? {} : { totalBytes: delivery.sizeBytes }),
    durationMs: options.clock.monotonicMs() - startedMs,
    ...(userAgent === undefined ? {} : { userAgent }),
  });
}

/** What the answer says; whatever it throws becomes a reply too, and the server goes on. */
async function replyTo(request: HttpRequest, { answer, log }: HttpServerOptions): Promise<HttpReply> {
  try {
    return (await answer(request)) ?? sentence(404, "Nothing here by that name.");
  } catch (thrown) {
    if (thrown instanceof ProvisionError && thrown.code === "http-body-too-large") {
      return sentence(413, `${thrown.message}.`, { connection: "close" });
    }
    log.error("an HTTP request could not be answered", { path: request.path, error: String(thrown) });
    return sentence(500, "The server failed; its log says why.");
  }
}

interface Sending {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly options: HttpServerOptions;
  readonly told: { readonly path: string; readonly remoteAddress: string };
}

/** Sends it; firmware that hangs up in the middle is no error, only an aborted reply. */
async function send(delivery: Delivery, sending: Sending): Promise<{ bytes: number; aborted: boolean }> {
  const { incoming, response } = sending;
  response.on("error", () => {});
  incoming.on("error", () => {});
  let bytes = 0;
  const count = createCounter(delivery, sending);
  try {
    response.writeHead(delivery.status, { ...delivery.headers });
    const body = incoming.method === "HEAD" ? undefined : delivery.open();
    if (!(body instanceof Readable)) return await finish(response, body);
    body.on("data", (chunk: Uint8Array | string) => {
      bytes += Buffer.byteLength(chunk);
      count(bytes);
    });
    await pipeline(body, response);
    return { bytes, aborted: false };
  } catch (thrown) {
    response.destroy();
    // Who has all that was announced may hang up before we say that this was the end.
    if (bytes === delivery.sizeBytes) return { bytes, aborted: false };
    reportBreak(thrown as NodeJS.ErrnoException, bytes, sending);
    return { bytes, aborted: true };
  }
}

const clientGone = ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"];

/** Who broke it off decides how loud that is; the client sees the connection end before the announced length. */
function reportBreak(thrown: NodeJS.ErrnoException, bytes: number, { options, told }: Sending): void {
  const fields = { ...told, bytes, error: String(thrown) };
  if (clientGone.includes(thrown.code ?? "")) options.log.debug("the client broke an HTTP reply off", fields);
  else options.log.warn("an HTTP reply broke off: its content could not be read on", fields);
}

function finish(
  response: ServerResponse,
  bytes: Uint8Array = new Uint8Array(),
): Promise<{ bytes: number; aborted: boolean }> {
  return new Promise((resolve) => {
    response.once("close", () => resolve({ bytes: bytes.length, aborted: !response.writableFinished }));
    response.end(bytes);
  });
}

/** Called with the bytes so far, it tells of them now and then. */
function createCounter({ sizeBytes = 0 }: Delivery, { options, told }: Sending): (bytes: number) => void {
  const { clock, onEvent } = options;
  if (sizeBytes < progressFromBytes || !onEvent) return () => {};
  let toldMs = clock.monotonicMs();
  return (bytes) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - toldMs < progressEveryMs) return;
    toldMs = nowMs;
    onEvent({ kind: "progress", ...told, bytes, totalBytes: sizeBytes });
  };
}

function readRequest(incoming: IncomingMessage): HttpRequest | undefined {
  const raw = incoming.url ?? "";
  const target = parseTarget(raw);
  if (!target) return undefined;
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
  return {
    ...{ method: incoming.method ?? "", target: raw, ...target, headers },
    remoteAddress: addressOf(incoming),
    text: (limitBytes = mostBodyBytes) => readText(incoming, limitBytes),
  };
}

async function readText(incoming: IncomingMessage, limitBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // The connection stays, so that the refusal can be heard.
  for await (const part of incoming.iterator({ destroyOnReturn: false })) {
    bytes += (part as Buffer).length;
    if (bytes > limitBytes) throw fail("http-body-too-large", { limitBytes });
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}

/** Without the prefix by which a socket for both families shows IPv4. */
const addressOf = (incoming: IncomingMessage) => incoming.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "unix";
