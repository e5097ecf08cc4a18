import { rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createConnection, type ListenOptions } from "node:net";
import { fail } from "./errors.ts";

export interface PageRequest {
  readonly method: string;
  readonly path: string;
}

export interface Page {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `undefined` is a 404. */
export type Answer = (request: PageRequest) => Page | undefined;

/** A little web site of whole pages. */
export function createSite(answer: Answer): Server {
  return createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] as string;
    const page = answer({ method: request.method ?? "GET", path }) ?? { status: 404, body: "not found\n" };
    const body = Buffer.from(page.body ?? "");
    response.writeHead(page.status, { ...page.headers, "content-length": body.length });
    response.end(request.method === "HEAD" ? undefined : body);
  });
}

/** @throws `rack-port-busy` */
export async function listen(server: Server, where: ListenOptions, what: string): Promise<void> {
  const bound = new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
  server.listen(where);
  await bound.catch((cause) => {
    const address = where.path ?? `${where.host}:${where.port}`;
    throw fail("rack-port-busy", { what, address, reason: cause.code }, { cause });
  });
}

/** A socket file that nobody listens on any more is in the way of the next one (unix(7)). */
export async function removeStaleSocket(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const probe = createConnection({ path });
  const isAlive = await new Promise<boolean>((resolve) => {
    probe.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  probe.destroy();
  if (!isAlive) rmSync(path);
}
