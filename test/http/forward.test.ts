import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import anyTest, { type TestFn } from "ava";
import { systemClock } from "../../src/clock.ts";
import { fetchHttp } from "../../src/http/client.ts";
import { createForwardProxy } from "../../src/http/forward.ts";
import { type HttpServer, startHttpServer } from "../../src/http/server.ts";
import { silentLog } from "../../src/log.ts";

interface Context {
  readonly host: string;
  readonly proxy: HttpServer;
  readonly socket: string;
  readonly origin: ReturnType<typeof createServer>;
}
const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const origin = createServer((request, response) => {
    response.setHeader("x-internal", "no");
    response.setHeader("content-type", "text/plain");
    response.setHeader("content-length", 5);
    response.setHeader("etag", `"${request.headers.range ?? ""}${request.headers.authorization ?? ""}"`);
    response.end("hello");
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(origin.address() as { port: number }).port}`;
  const socket = join(tmpdir(), `http-forward-${process.pid}.sock`);
  const answer = createForwardProxy({ allowedHosts: [host, "127.0.0.1:1"], fetch: fetchHttp, log: silentLog });
  const proxy = await startHttpServer({ listen: { path: socket }, answer, clock: systemClock, log: silentLog });
  t.context = { host, proxy, socket, origin };
});

test.after.always(async (t) => {
  await t.context.proxy.close();
  t.context.origin.close();
});

const ask = async (t: { context: Context }, url: string, more: { method?: string; proxy?: boolean } = {}) => {
  const headers = { range: "bytes=0-1", authorization: "Basic eDp5" };
  const reply = await fetchHttp({ url, socketPath: t.context.socket, proxy: true, headers, ...more });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
};

for (const [what, url, more, status] of [
  ["an allowed host", "http://HOST/x", {}, 200],
  ["HEAD", "http://HOST/x", { method: "HEAD" }, 200],
  ["another port of it", "http://127.0.0.1:22/", {}, 403],
  ["another host", "http://169.254.169.254/latest/meta-data", {}, 403],
  ["an allowed host as a user's name", "http://HOST@192.0.2.1/", {}, 403],
  ["writing", "http://HOST/x", { method: "POST" }, 405],
  ["a path alone", "http://HOST/x", { proxy: false }, 400],
  ["a host that is away", "http://127.0.0.1:1/", {}, 502],
] as const) {
  test(`${what}: ${status}`, async (t) => {
    t.is((await ask(t, url.replace("HOST", t.context.host), more)).status, status);
  });
}

test("only what concerns the content passes", async (t) => {
  const { headers, text } = await ask(t, `http://${t.context.host}/x`);
  t.is(headers["content-length"], "5");
  t.is(headers.etag, '"bytes=0-1"');
  t.is(headers["x-internal"], undefined);
  t.is(text, "hello");
  const head = await ask(t, `http://${t.context.host}/x`, { method: "HEAD" });
  t.is(head.headers["content-length"], "5");
});

test("curl takes it as its proxy", async (t) => {
  const server = await startHttpServer({
    listen: { host: "127.0.0.1", port: 0 },
    answer: createForwardProxy({ allowedHosts: [t.context.host], fetch: fetchHttp, log: silentLog }),
    clock: systemClock,
    log: silentLog,
  });
  const argv = ["-sS", "-m", "5", "-x", `http://127.0.0.1:${server.port}`, `http://${t.context.host}/x`];
  const { stdout } = await promisify(execFile)("curl", argv);
  await server.close();
  t.is(stdout, "hello");
});
