import type { Controller, ConvergeRequest, ProvisionRequest, ProvisionResult } from "../app/controller.ts";
import type { Clock } from "../clock.ts";
import { type ErrorRecord, toRecord } from "../errors.ts";
import type { Answer, HttpReply, HttpRequest } from "../http/server.ts";
import type { OperationListener } from "../lifecycle/events.ts";
import { diskRoutes } from "./disk-routes.ts";
import { fail } from "./errors.ts";
import { json, readBody, streamReply, text } from "./exchange.ts";

export interface Call {
  readonly controller: Controller;
  readonly request: HttpRequest;
  readonly clock: Clock;
  /** The node named in the path. */
  readonly node: string;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** `:node` stands for a node's name. */
  readonly path: string;
  readonly summary: string;
  answer(call: Call): Promise<HttpReply>;
}

/** Everything that the API can do; docs/api.md is checked against this list. */
export const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/v1",
    summary: "is anybody there?",
    answer: async () => json({ name: "provision", version: 1 }),
  },
  {
    method: "GET",
    path: "/api/v1/nodes",
    summary: "every node of the inventory with its phase and its last operation",
    answer: async ({ controller }) => json(await controller.status()),
  },
  {
    method: "GET",
    path: "/api/v1/nodes/:node",
    summary: "one node, as a list of one",
    answer: async ({ controller, node }) => json(await controller.status(node)),
  },
  {
    method: "GET",
    path: "/api/v1/nodes/:node/history",
    summary: "its events, oldest first",
    answer: async ({ controller, node }) => json(await controller.history(node)),
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/provision",
    summary: "bring it to active; answers with a stream of events, then the result or the error. Body: by, reinstall",
    answer: (call) =>
      streamed(call, ({ node, by, reinstall }, watch) =>
        call.controller.provision({ node, by, reinstall }, watch, new AbortController().signal),
      ),
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/converge",
    summary: "only converge it; never installs. The same stream. Body: by, only, purge, set",
    answer: (call) =>
      streamed(call, ({ reinstall, ...wanted }, watch) =>
        call.controller.converge(wanted, watch, new AbortController().signal),
      ),
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/cancel",
    summary: "end what runs on it. Body: by",
    answer: async ({ controller, node, request }) => {
      const { by } = await readBody(request);
      return json({ cancelled: await controller.cancel(node, text(by)) });
    },
  },
  {
    method: "POST",
    path: "/api/v1/nodes/:node/forget",
    summary: "drop what is known of it. Body: by, force",
    answer: async ({ controller, node, request }) => {
      const { by, force } = await readBody(request);
      await controller.forget(node, { by: text(by), force: force === true });
      return json({ forgotten: true });
    },
  },
  ...diskRoutes,
];

/** The API over a controller. It has no log-in of its own: it is served on a Unix socket that only its owner can open. */
export function createApi(controller: Controller, clock: Clock): Answer {
  return async (request) => {
    const { method, path } = request;
    for (const route of routes) {
      const node = route.method === method ? match(route.path, path) : undefined;
      if (node !== undefined) return route.answer({ controller, request, clock, node }).catch(refusal);
    }
    return refusal(fail("route-unknown", { method, path }));
  };
}

/** The node's name in the path (decoded already), "" if the route has none, undefined if the path isn't this route's. */
function match(route: string, path: string): string | undefined {
  const [pattern, parts] = [route.split("/"), path.replace(/\/$/, "").split("/")];
  if (pattern.length !== parts.length) return undefined;
  const fits = pattern.every((part, index) => part === ":node" || part === parts[index]);
  return fits ? (parts[pattern.indexOf(":node")] ?? "") : undefined;
}

type Wanted = ConvergeRequest & ProvisionRequest;
type Work = (wanted: Wanted, watch: OperationListener) => Promise<ProvisionResult>;

async function streamed({ request, clock, node }: Call, work: Work): Promise<HttpReply> {
  const { by, reinstall, only, purge, set } = await readBody(request);
  const wanted = {
    node,
    by: text(by),
    reinstall: reinstall === true,
    ...(typeof only === "string" ? { only } : {}),
    ...(purge === true ? { purge } : {}),
    ...(Array.isArray(set) ? { set: set.map(String) } : {}),
  };
  return streamReply(clock, (watch) => work(wanted, watch));
}

const statusOf: Readonly<Record<string, number>> = {
  "request-not-json": 400,
  "route-unknown": 404,
  "inventory-unknown-node": 404,
  "http-body-too-large": 413,
};
const statusByFault = { input: 409, machine: 502, environment: 502, defect: 500 } as const;

function refusal(thrown: unknown): HttpReply {
  const error: ErrorRecord = toRecord(thrown);
  const reply = json({ error });
  const status = statusOf[error.code] ?? statusByFault[error.fault];
  // What is too long wasn't read to its end, so that nothing more can be asked on this connection.
  const headers = { ...reply.headers, ...(status === 413 ? { connection: "close" } : {}) };
  return { ...reply, headers, status };
}
