import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { systemClock } from "../../src/clock.ts";
import { fetchHttp, hasKnownEnd } from "../../src/http/client.ts";
import { startHttpServer } from "../../src/http/server.ts";
import { silentLog } from "../../src/log.ts";

/** A peer that sends exactly these bytes for whatever it hears, and then does what is said. */
async function peer(t: ExecutionContext, text: string, then: "end" | "reset" | "wait"): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(text, () => {
        if (then === "end") socket.end();
        if (then === "reset") setTimeout(() => socket.resetAndDestroy(), 30);
      });
    });
    t.teardown(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/file`;
}

const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });

test("asks with method, headers and body, and reads status, headers and text", async (t) => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      response.writeHead(201, {
        "x-seen": `${request.method} ${request.url} ${request.headers["x-y"]} ${request.headers.host}`,
      });
      response.end(body);
    });
  });
  const port = await listen(server);
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${port}/a?b=c`;
  const reply = await fetchHttp({ url, method: "POST", headers: { "x-y": "z" }, body: "grüße" });
  t.is(reply.status, 201);
  t.is(reply.headers["x-seen"], `POST /a?b=c z 127.0.0.1:${port}`);
  t.is(await reply.text(), "grüße");
});

const head = "HTTP/1.1 200 OK\r\n";

for (const [what, text, then, code] of [
  ["a reply cut before its length", `${head}Content-Length: 10\r\n\r\n12345`, "end", "http-broken-off"],
  ["a reply reset before its length", `${head}Content-Length: 10\r\n\r\n12345`, "reset", "http-broken-off"],
  ["chunks without their end", `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n`, "end", "http-broken-off"],
  ["no reply at all", "", "end", "http-unreachable"],
  ["something that isn't HTTP", "SSH-2.0-OpenSSH\r\n", "end", "http-unreachable"],
  ["silence before the reply", "", "wait", "http-timeout"],
  ["silence in the middle", `${head}Content-Length: 10\r\n\r\n12345`, "wait", "http-timeout"],
] as const) {
  test(`${what}: ${code}`, async (t) => {
    const url = await peer(t, text, then);
    const fetched = async () => (await fetchHttp({ url, timeoutMs: then === "wait" ? 300 : 20_000 })).text();
    const error = await t.throwsAsync(fetched, { code });
    t.true(error?.message.includes(url));
  });
}

test("nobody there: http-unreachable, with the reason", async (t) => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const error = await t.throwsAsync(fetchHttp({ url: `http://127.0.0.1:${port}/` }), { code: "http-unreachable" });
  t.regex(error?.message ?? "", /ECONNREFUSED/);
});

for (const url of ["ftp://x/y", "nonsense", "/path", "file:///etc/passwd"]) {
  test(`${url} is no URL for us`, async (t) => {
    await t.throwsAsync(fetchHttp({ url }), { code: "http-bad-url" });
  });
}

test("a caller who gives up is obeyed", async (t) => {
  const url = await peer(t, "", "wait");
  const controller = new AbortController();
  const fetched = fetchHttp({ url, signal: controller.signal });
  await systemClock.sleep(20);
  controller.abort();
  await t.throwsAsync(fetched, { name: "AbortError" });
});

test("a body that isn't wanted is discarded without a trace", async (t) => {
  const url = await peer(t, `${head}Content-Length: 10\r\n\r\n12345`, "wait");
  (await fetchHttp({ url })).discard();
  await systemClock.sleep(50);
  t.pass();
});

test("speaks to a Unix socket, as to a server or a proxy", async (t) => {
  const path = join(tmpdir(), `http-client-${process.pid}.sock`);
  const answer = ({ target, headers }: { target: string; headers: Readonly<Record<string, string | undefined>> }) => ({
    status: 200,
    body: `${target} for ${headers.host}`,
  });
  const server = await startHttpServer({ listen: { path }, answer, clock: systemClock, log: silentLog });
  t.teardown(() => server.close());
  const url = "https://deb.example.org:8443/x?y";
  const proxied = await fetchHttp({ url, socketPath: path, proxy: true });
  t.is(await proxied.text(), `${url} for deb.example.org:8443`);
  const direct = await fetchHttp({ url: "http://deb.example.org/x?y", socketPath: path });
  t.is(await direct.text(), "/x?y for deb.example.org");
});

for (const [headers, known] of [
  [{ "content-length": "5" }, true],
  [{ "transfer-encoding": "gzip, Chunked" }, true],
  [{ connection: "close" }, false],
] as const) {
  test(`${JSON.stringify(headers)}: the end is ${known ? "" : "not "}known`, (t) =>
    t.is(hasKnownEnd({ headers }), known));
}
