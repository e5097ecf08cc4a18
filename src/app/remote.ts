import { type ErrorRecord, ProvisionError } from "../errors.ts";
import { fetchHttp } from "../http/client.ts";
import type { OperationEvent, OperationListener } from "../lifecycle/events.ts";
import type { Controller, NodeOverview, ProvisionResult } from "./controller.ts";
import { fail } from "./errors.ts";
import type { StreamLine } from "./stream.ts";

/** The controller of a daemon over its Unix socket; undefined when nobody answers there. */
export async function connectController(socketPath: string): Promise<Controller | undefined> {
  const call = caller(socketPath);
  const alive = await call("GET", "/api/v1").catch((thrown) => {
    if (thrown instanceof ProvisionError) return undefined;
    throw thrown;
  });
  if (!alive) return undefined;
  const of = (node: string) => `/api/v1/nodes/${encodeURIComponent(node)}`;
  const follow = async (
    { node, verb, body }: { node: string; verb: string; body: { by: string } },
    watch: OperationListener,
    signal: AbortSignal,
  ): Promise<ProvisionResult> => {
    const abandon = () => void call("POST", `${of(node)}/cancel`, { by: body.by }).catch(() => {});
    signal.addEventListener("abort", abandon, { once: true });
    const reply = await call("POST", `${of(node)}/${verb}`, body);
    for await (const line of linesOf(reply.body)) {
      const said = reviveDates(line) as StreamLine;
      if ("event" in said) watch(said.event);
      else if ("error" in said) throw new ProvisionError(said.error);
      else return said.result;
    }
    throw fail("daemon-lost", { node });
  };
  return {
    provision: ({ node, ...body }, watch, signal) => follow({ node, verb: "provision", body }, watch, signal),
    converge: ({ node, ...body }, watch, signal) => follow({ node, verb: "converge", body }, watch, signal),
    status: async (node) => {
      const path = node === undefined ? "/api/v1/nodes" : of(node);
      return reviveDates(await (await call("GET", path)).text()) as readonly NodeOverview[];
    },
    history: async (node) => reviveDates(await (await call("GET", `${of(node)}/history`)).text()) as OperationEvent[],
    cancel: async (node, by) => {
      const said = JSON.parse(await (await call("POST", `${of(node)}/cancel`, { by })).text()) as {
        cancelled: boolean;
      };
      return said.cancelled;
    },
    forget: async (node, options) => void (await call("POST", `${of(node)}/forget`, options)),
    close: async () => {},
  };
}

const caller = (socketPath: string) => async (method: string, path: string, body?: unknown) => {
  const reply = await fetchHttp({
    url: `http://controller${path}`,
    method,
    socketPath,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (reply.status < 400) return reply;
  throw new ProvisionError((JSON.parse(await reply.text()) as { error: ErrorRecord }).error);
};

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts.filter((part) => part !== "");
  }
}

const isoInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** The keys that hold instants; a text elsewhere that looks like one stays a text. */
const instants = new Set(["at", "startedAt", "finishedAt", "deadlineAt", "nextRetryAt"]);

const reviveDates = (text: string): unknown =>
  JSON.parse(text, (key, value) => (instants.has(key) && isoInstant.test(value) ? new Date(value) : value));
