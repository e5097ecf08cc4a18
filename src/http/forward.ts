import type { Log } from "../log.ts";
import { type fetchHttp, hasKnownEnd } from "./client.ts";
import { type Answer, type HttpReply, type HttpRequest, sentence } from "./exchange.ts";

export interface ForwardProxyOptions {
  /** `deb.example.org` (its usual port) or `mirror.example.org:8080`. Nothing else is reached. */
  readonly allowedHosts: readonly string[];
  readonly fetch: typeof fetchHttp;
  readonly log: Log;
}

/** What means something beyond one connection (RFC 9110 §7.6.1); the rest stays here. */
const passedUp = ["accept", "user-agent", "range", "if-range", "if-none-match", "if-modified-since", "cache-control"];
const passedDown = [
  ...["content-type", "content-length", "content-range", "accept-ranges"],
  ...["etag", "last-modified", "location", "cache-control", "date"],
];

/** Fetches whole URLs (RFC 9112 §3.2.2) for those who have no way out themselves; reads only, from allowed hosts only. */
export function createForwardProxy(options: ForwardProxyOptions): Answer {
  return async (request) => {
    const url = URL.canParse(request.target) ? new URL(request.target) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:")
      return sentence(400, "Ask this proxy for a whole URL.");
    if (request.method !== "GET" && request.method !== "HEAD") {
      return sentence(405, "This proxy only reads.", { allow: "GET, HEAD" });
    }
    if (!options.allowedHosts.includes(url.host)) return sentence(403, `This proxy doesn't reach ${url.host}.`);
    try {
      return await forward(url, request, options);
    } catch (thrown) {
      options.log.warn("the proxy could not fetch", { url: url.href, error: (thrown as Error).message });
      return sentence(502, `${(thrown as Error).message}.`);
    }
  };
}

async function forward(url: URL, request: HttpRequest, { fetch }: ForwardProxyOptions): Promise<HttpReply> {
  url.username = "";
  url.password = "";
  const reply = await fetch({ url: url.href, method: request.method, headers: pick(request.headers, passedUp) });
  const { status, body } = reply;
  const headers = pick(reply.headers, passedDown);
  if (request.method === "HEAD" || status === 204 || status === 304) {
    reply.discard();
    return { status, headers, ...(request.method === "HEAD" ? { body: nothing() } : {}) };
  }
  if (hasKnownEnd(reply)) return { status, headers, body };
  reply.discard();
  return sentence(502, `${url.host} answered without a length, so that a cut could not be noticed.`);
}

function pick(headers: HttpRequest["headers"], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

/** In place of the body that a HEAD doesn't have, so that the announced length stands. */
async function* nothing(): AsyncGenerator<Uint8Array> {}
