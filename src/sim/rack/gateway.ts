import { chmodSync } from "node:fs";
import { request as ask, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Log } from "../../log.ts";
import type { RackPlan } from "./plan.ts";
import { listen, removeStaleSocket } from "./web.ts";

/** Of one connection, not of the whole exchange; an end-to-end proxy passes on the rest. RFC 9110 §7.6.1. */
const hopByHop = ["connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "upgrade"];

/**
 * The rack's only way out: a forward proxy on a Unix socket, for reading (GET, HEAD) from the plan's package hosts.
 * Requests come in absolute form: `GET http://host/path`. RFC 9112 §3.2.2.
 */
export async function startGateway(plan: RackPlan, log: Log): Promise<Server> {
  const server = createServer((request, response) => pass(request, response, { plan, log }));
  await removeStaleSocket(plan.packagesSocket);
  await listen(server, { path: plan.packagesSocket }, "The packages gateway");
  chmodSync(plan.packagesSocket, 0o600);
  return server;
}

export interface Refusal {
  readonly status: number;
  readonly why: string;
}

/** What may pass: reading, in absolute form, from the hosts of the list. */
export function judge(request: { method?: string; url?: string }, hosts: readonly string[]): URL | Refusal {
  const { method, url: text = "" } = request;
  if (method !== "GET" && method !== "HEAD") return { status: 405, why: "only GET and HEAD pass" };
  const url = URL.parse(text);
  if (url?.protocol !== "http:") return { status: 400, why: "ask for an absolute http:// URL" };
  return hosts.includes(url.host) ? url : { status: 403, why: `${url.host} is not a package host of this site` };
}

function pass(request: IncomingMessage, response: ServerResponse, o: { plan: RackPlan; log: Log }): void {
  const refuse = ({ status, why }: Refusal) => {
    o.log.warn("gateway refused", { method: request.method, url: request.url, why });
    if (response.headersSent) return response.destroy();
    response.writeHead(status, { "content-type": "text/plain" }).end(`${why}\n`);
  };
  const url = judge(request as { method: string; url: string }, o.plan.packageHosts);
  if (!(url instanceof URL)) {
    refuse(url);
    return;
  }
  // The URL says which host is meant, not a Host field that may say something else. RFC 9112 §3.2.2.
  const headers = { ...endToEnd(request.headers), host: url.host };
  const upstream = ask(url, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  upstream.on("error", (error) => refuse({ status: 502, why: `${url.host}: ${error.message}` }));
  response.on("close", () => upstream.destroy());
  upstream.end();
}

type Headers = IncomingMessage["headers"];

const endToEnd = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.includes(name) && name !== "transfer-encoding"),
  );
