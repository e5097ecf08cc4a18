import { type ErrorRecord, ProvisionError } from "../errors.ts";
import { type FetchedReply, fetchHttp } from "../http/client.ts";
import type { OperationEvent, OperationListener } from "../lifecycle/events.ts";
import type { Controller, ConvergeRequest, NodeOverview, ProvisionResult } from "./controller.ts";
import type { DiskDesk, SwapResult } from "./disks/desk.ts";
import { fail } from "./errors.ts";
import type { StreamLine } from "./stream.ts";

/**
 * The controller of a daemon over its Unix socket; undefined when nobody listens there.
 * @throws what a daemon that listens, but doesn't answer as it should, makes of it
 */
export async function connectController(socketPath: string): Promise<Controller | undefined> {
  const call = caller(socketPath);
  try {
    await call("GET", "/api/v1").then(readText);
  } catch (thrown) {
    if (thrown instanceof ProvisionError && thrown.code === "http-unreachable") return undefined;
    throw thrown;
  }
  return {
    provision: ({ node, ...body }, watch, signal) => follow(call, { node, verb: "provision", body, watch, signal }),
    converge: ({ node, ...body }, watch, signal) => follow(call, { node, verb: "converge", body, watch, signal }),
    status: async (node) => {
      const path = node === undefined ? "/api/v1/nodes" : pathOf(node);
      return reviveDates(await call("GET", path).then(readText)) as readonly NodeOverview[];
    },
    history: async (node) =>
      reviveDates(await call("GET", `${pathOf(node)}/history`).then(readText)) as OperationEvent[],
    cancel: async (node, by) => {
      const said = await call("POST", `${pathOf(node)}/cancel`, { by }).then(readText);
      return (JSON.parse(said) as { cancelled: boolean }).cancelled;
    },
    forget: async (node, options) => void (await call("POST", `${pathOf(node)}/forget`, options).then(readText)),
    answer: async (node, answer) => void (await call("POST", `${pathOf(node)}/answer`, answer).then(readText)),
    disks: remoteDisks(call),
    close: async () => {},
  };
}

function remoteDisks(call: Call): DiskDesk {
  const ask = async (method: string, path: string, body?: unknown) =>
    reviveDates(await call(method, path, body).then(readText)) as never;
  return {
    status: (nodes) => ask("POST", "/api/v1/disks", { nodes }),
    propose: ({ node, ...body }) => ask("POST", `${pathOf(node)}/disk-swap/plan`, body),
    locate: ({ node, ...body }) => ask("POST", `${pathOf(node)}/disk-locate`, body),
    abort: async (node, by) => {
      const { cancelled } = (await ask("POST", `${pathOf(node)}/cancel`, { by })) as { cancelled: boolean };
      return cancelled;
    },
    swap: async ({ node, ...body }, watch, signal) => {
      const reply = await call("POST", `${pathOf(node)}/disk-swap`, body);
      const left = Promise.withResolvers<undefined>();
      signal.addEventListener("abort", () => left.resolve(undefined), { once: true });
      const read = readStream<SwapResult>(node, reply.body, watch);
      read.catch(() => {});
      const result = await Promise.race([read, left.promise]);
      if (result) return result;
      const [overview] = reviveDates(await call("GET", pathOf(node)).then(readText)) as readonly NodeOverview[];
      const operation = overview?.status?.operation;
      if (!operation) throw fail("daemon-lost", { node });
      return { node, state: "left", operation };
    },
  };
}

const pathOf = (node: string) => `/api/v1/nodes/${encodeURIComponent(node)}`;
const readText = (reply: FetchedReply) => reply.text();

interface Following {
  readonly node: string;
  readonly verb: "provision" | "converge";
  readonly body: Omit<ConvergeRequest, "node">;
  readonly watch: OperationListener;
  readonly signal: AbortSignal;
}

/** Reads an operation's stream to its end; who doesn't want to wait any more has it cancelled, and waits for that. */
async function follow(call: Call, { node, verb, body, watch, signal }: Following): Promise<ProvisionResult> {
  signal.throwIfAborted();
  const cancel = () => void call("POST", `${pathOf(node)}/cancel`, { by: body.by }).then(readText, () => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const reply = await call("POST", `${pathOf(node)}/${verb}`, body);
    return await readStream(node, reply.body, (event) => {
      watch(event);
      // It may have begun only after we had it cancelled.
      if (signal.aborted && event.kind === "operation" && event.state === "running") cancel();
    });
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** To the result, or the error, that ends it. */
async function readStream<Result = ProvisionResult>(
  node: string,
  body: AsyncIterable<Uint8Array>,
  watch: OperationListener,
): Promise<Result> {
  try {
    for await (const line of linesOf(body)) {
      const said = reviveDates(line) as StreamLine<Result>;
      if ("error" in said) throw new ProvisionError(said.error);
      if ("result" in said) return said.result;
      watch(said.event);
    }
  } catch (thrown) {
    if (!isBroken(thrown)) throw thrown;
    throw fail("daemon-lost", { node }, { cause: thrown });
  }
  throw fail("daemon-lost", { node });
}

/** The connection ended, or was silent for longer than a living daemon is. */
const isBroken = (thrown: unknown) =>
  thrown instanceof ProvisionError && ["http-broken-off", "http-unreachable", "http-timeout"].includes(thrown.code);

type Call = ReturnType<typeof caller>;

const caller = (socketPath: string) => async (method: string, path: string, body?: unknown) => {
  const reply = await fetchHttp({
    url: `http://controller${path}`,
    method,
    socketPath,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (reply.status < 400) return reply;
  throw new ProvisionError(errorIn(await reply.text(), { path, status: reply.status }));
};

/** The daemon's own error; what isn't of its shape comes from something else, or from a defect. */
function errorIn(text: string, { path, status }: { path: string; status: number }): ErrorRecord {
  try {
    const { error } = JSON.parse(text) as { error?: ErrorRecord };
    if (error?.code) return error;
  } catch {}
  return fail("daemon-strange", { path, status, said: text.trim().slice(0, 200) }).toJSON();
}

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
