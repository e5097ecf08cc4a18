import type { HttpReply, HttpRequest } from "../http/server.ts";
import { type Ipv4Address, parseIpv4, parseMac } from "../wire/addresses.ts";
import { decide, isLoader, type Origin } from "./decide.ts";
import type { Intent } from "./intent.ts";
import { type BootReport, parseDone, parseFailure, parseMilestones, parseProgress, reportLimits } from "./reports.ts";
import type { BootServiceOptions } from "./service.ts";
import { isToken } from "./tokens.ts";
import { report, viewOf } from "./view.ts";

/** One body for everything refused: a prober learns nothing from it. */
const refused = (status: 400 | 404 | 405 | 410): HttpReply => ({ status, body: "nothing here\n" });
const text = (body: string): HttpReply => ({
  status: 200,
  headers: { "content-type": "text/plain", "cache-control": "no-store" },
  body,
});

/** Everything under /boot/. */
export async function answerBoot(options: BootServiceOptions, request: HttpRequest): Promise<HttpReply> {
  const [, , first = "", second = "", ...more] = request.path.split("/");
  if (more.length > 0) return refused(404);
  if (first === "ipxe" && second === "") return request.method === "GET" ? script(options, request) : refused(405);
  if (first === "loader") return loader(options, second);
  return isToken(first) ? withToken(options, request, { token: first, what: second }) : refused(404);
}

async function loader(options: BootServiceOptions, name: string): Promise<HttpReply> {
  const bytes = isLoader(name) ? await options.loader(name) : undefined;
  return bytes ? { status: 200, headers: { "content-type": "application/efi" }, body: bytes } : refused(404);
}

function originOf({ leases }: BootServiceOptions, { remoteAddress }: HttpRequest): Origin {
  const address = parseIpv4(remoteAddress.replace(/^::ffff:/, ""));
  return { address: address ?? remoteAddress, leasedTo: address && leases.byAddress(address)?.mac };
}

async function script(options: BootServiceOptions, request: HttpRequest): Promise<HttpReply> {
  const mac = parseMac(request.query.get("mac") ?? "");
  if (!mac) return refused(404);
  const intent = await options.intents.byMac(mac);
  const view = viewOf(options, mac, intent);
  const decision = decide(view, { kind: "script", mac, from: originOf(options, request) });
  report(options.log, mac, decision);
  if (decision.kind === "absent") return refused(404);
  const url = decision.kind === "install-script" && intent ? await handOut(options, intent) : undefined;
  if (url === undefined || !intent) return text(await options.texts.localScript(view.node as string));
  const body = await options.texts.installScript(intent, url);
  tell(options, intent, { kind: "milestone", name: "boot-script", text: "" });
  return text(body);
}

/** The token is durable before anybody can know it. */
async function handOut(options: BootServiceOptions, intent: Intent): Promise<string | undefined> {
  const token = await options.intents.hand(intent);
  return token && bootUrl(options, intent.address, token.reveal());
}

const bootUrl = (options: BootServiceOptions, address: Ipv4Address, token: string) =>
  `${options.controllerUrl(address)}/boot/${token}`;

interface TokenPath {
  readonly token: string;
  readonly what: string;
}

async function withToken(options: BootServiceOptions, request: HttpRequest, path: TokenPath): Promise<HttpReply> {
  const intent = await options.intents.byToken(path.token);
  if (!intent) return refused(404);
  const { method } = request;
  if (path.what === "deploy.sh" || path.what === "answer") {
    return method === "GET" ? payload(options, { request, intent, path }) : refused(405);
  }
  if (path.what in reportLimits) return method === "POST" ? receive(options, { request, intent, path }) : refused(405);
  return refused(404);
}

interface Asked {
  readonly request: HttpRequest;
  readonly intent: Intent;
  readonly path: TokenPath;
}

/** Rendered first, consumed durably second, handed out last: whatever breaks, it is never handed out twice. */
async function payload(options: BootServiceOptions, { request, intent, path }: Asked): Promise<HttpReply> {
  const view = viewOf(options, intent.mac, intent);
  const decision = decide(view, { kind: "payload", from: originOf(options, request) });
  if (decision.kind !== "payload") return refused(decision.kind === "gone" ? 410 : 404);
  const url = bootUrl(options, intent.address, path.token);
  const { texts } = options;
  const body = path.what === "answer" ? await texts.answer(intent, url) : await texts.deploy(intent, url);
  if (body === undefined) return refused(404);
  if (!(await options.intents.consume(intent))) return refused(410);
  tell(options, intent, { kind: "milestone", name: "deploy-started", text: "" });
  return text(body);
}

async function receive(options: BootServiceOptions, { request, intent, path }: Asked): Promise<HttpReply> {
  const kind = path.what as keyof typeof reportLimits;
  const view = viewOf(options, intent.mac, intent);
  const decision = decide(view, { kind: "report", report: kind, from: originOf(options, request) });
  if (decision.kind === "again") return text("ok\n");
  if (decision.kind !== "accept") return refused(decision.kind === "gone" ? 410 : 404);
  const body = await request.text(reportLimits[kind]);
  if (kind === "milestone") for (const said of parseMilestones(body)) tell(options, intent, said);
  if (kind === "milestone") return text("ok\n");
  if (kind === "progress") return progress(options, intent, body);
  const outcome = kind === "done" ? parseDone(body) : parseFailure(body);
  if (!outcome) return refused(400);
  if (!(await options.intents.finish(intent, outcome))) return refused(410);
  if (outcome.kind === "done") tell(options, intent, { kind: "milestone", name: "deploy-done", text: "" });
  tell(options, intent, { kind: "outcome", outcome });
  return text("ok\n");
}

function progress(options: BootServiceOptions, intent: Intent, body: string): HttpReply {
  const said = parseProgress(body);
  if (!said) return refused(400);
  tell(options, intent, said);
  return text("ok\n");
}

type Unaddressed<Report> = Report extends unknown ? Omit<Report, "node" | "generation"> : never;

function tell(options: BootServiceOptions, { node, generation }: Intent, said: Unaddressed<BootReport>): void {
  options.onReport({ node, generation, ...said } as BootReport);
}
