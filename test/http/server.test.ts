import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import anyTest, { type TestFn } from "ava";
import { systemClock } from "../../src/clock.ts";
import type { Content } from "../../src/http/content.ts";
import type { Answer, HttpEvent } from "../../src/http/exchange.ts";
import { type HttpServer, startHttpServer } from "../../src/http/server.ts";
import { createLog, type LogEntry } from "../../src/log.ts";

const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 31 + (i >> 8) * 7));

const contentOf = (body: Buffer): Content => ({
  sizeBytes: body.length,
  contentType: "application/octet-stream",
  etag: `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`,
  stream: (start, end) => Readable.from([body.subarray(start, end)]),
});

/** Bytes in small portions, so slowly that somebody can hang up in the middle. */
async function* slowly(): AsyncGenerator<Uint8Array> {
  for (let portion = 0; portion < 20; portion++) {
    yield bytes.subarray(0, 100_000);
    await systemClock.sleep(60);
  }
}

const answers: Readonly<Record<string, Answer>> = {
  "/file": () => ({ status: 200, body: contentOf(bytes) }),
  "/empty": () => ({ status: 200, body: contentOf(Buffer.alloc(0)) }),
  "/text": () => ({ status: 200, body: "hello\n", headers: { "content-type": "text/x-ipxe" } }),
  "/stream": () => ({ status: 200, body: Readable.from(["one ", "two"]) }),
  "/breaks": () => ({ status: 200, body: { ...contentOf(bytes), stream: () => Readable.from(breaking()) } }),
  "/slow": () => ({
    status: 200,
    body: { ...contentOf(bytes), sizeBytes: 2_000_000, stream: () => Readable.from(slowly()) },
  }),
  "/gone": () => ({ status: 410, body: "gone\n" }),
  "/nothing": () => ({ status: 204 }),
  "/throws": () => {
    throw new Error("secret detail");
  },
  "/echo": async (request) => ({ status: 200, body: `${request.method} ${await request.text(100)}` }),
  "/asked": ({ path, target, query, remoteAddress }) => ({
    status: 200,
    body: JSON.stringify({ path, target, query: [...query], remoteAddress }),
  }),
};

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 1000);
  throw new Error("the disk is gone");
}

interface Context {
  server: HttpServer;
  folder: string;
  events: HttpEvent[];
  logged: LogEntry[];
}
const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const events: HttpEvent[] = [];
  const logged: LogEntry[] = [];
  const server = await startHttpServer({
    listen: { host: "127.0.0.1", port: 0 },
    answer: (request) => answers[request.path]?.(request),
    clock: systemClock,
    log: createLog((entry) => logged.push(entry)),
    limits: { headersMs: 600, requestMs: 5000, idleMs: 1500 },
    onEvent: (event) => events.push(event),
  });
  t.context = { server, folder: mkdtempSync(join(tmpdir(), "http-server-")), events, logged };
});

test.after.always(async (t) => {
  await t.context.server.close();
  rmSync(t.context.folder, { recursive: true });
});

async function curl(...argv: readonly string[]): Promise<{ code: number; stdout: string }> {
  try {
    const { stdout } = await promisify(execFile)("curl", ["-sS", "-m", "10", "--path-as-is", ...argv], {
      timeout: 12_000,
    });
    return { code: 0, stdout };
  } catch (thrown) {
    const { code, stdout } = thrown as { code: number | string; stdout: string };
    if (code === "ENOENT") throw new Error("curl is missing; install it: apt-get install curl");
    return { code: Number(code), stdout };
  }
}

const url = (context: Context, path: string) => `http://127.0.0.1:${context.server.port}${path}`;

/** Status, then `name=value` of the headers asked for. */
const summary = "%{http_code} type=%{content_type} length=%header{content-length} range=%header{content-range}";

for (const [what, argv, path, expected] of [
  ["the whole", [], "/file", "200 type=application/octet-stream length=3000000 range="],
  ["HEAD", ["-I"], "/file", "200 type=application/octet-stream length=3000000 range="],
  ["a part", ["-r", "10-19"], "/file", "206 type=application/octet-stream length=10 range=bytes 10-19/3000000"],
  ["the end", ["-r", "-5"], "/file", "206 type=application/octet-stream length=5 range=bytes 2999995-2999999/3000000"],
  [
    "HEAD of a part",
    ["-I", "-r", "0-9"],
    "/file",
    "206 type=application/octet-stream length=10 range=bytes 0-9/3000000",
  ],
  ["two parts: the whole", ["-r", "0-1,4-5"], "/file", "200 type=application/octet-stream length=3000000 range="],
  ["beyond the end", ["-r", "3000000-"], "/file", "416 type=application/octet-stream length=0 range=bytes */3000000"],
  ["the start of nothing", ["-r", "0-"], "/empty", "416 type=application/octet-stream length=0 range=bytes */0"],
  ["nothing", [], "/empty", "200 type=application/octet-stream length=0 range="],
  ["text with a type of its own", [], "/text", "200 type=text/x-ipxe length=6 range="],
  ["HEAD of a text", ["-I"], "/text", "200 type=text/x-ipxe length=6 range="],
  ["a path with two slashes", [], "//text", "200 type=text/x-ipxe length=6 range="],
  ["a stream", [], "/stream", "200 type= length= range="],
  ["another status", [], "/gone", "410 type=text/plain; charset=utf-8 length=5 range="],
  ["no content", [], "/nothing", "204 type= length= range="],
  ["what isn't there", [], "/absent", "404 type=text/plain; charset=utf-8 length=27 range="],
  ["a path that climbs", [], "/../../etc/passwd", "400 type=text/plain; charset=utf-8 length=25 range="],
  ["a path that climbs in disguise", [], "/%2e%2e/etc/passwd", "400 type=text/plain; charset=utf-8 length=25 range="],
] as const) {
  test(`curl: ${what}`, async (t) => {
    const { stdout } = await curl(...argv, "-o", "/dev/null", "-w", summary, url(t.context, path));
    t.is(stdout, expected);
  });
}

test("curl: an answer that throws is 500 and tells nothing", async (t) => {
  const { stdout } = await curl("-w", " %{http_code}", url(t.context, "/throws"));
  t.is(stdout, "The server failed; its log says why.\n 500");
  t.true(
    t.context.logged.some(({ level, fields }) => level === "error" && String(fields.error).includes("secret detail")),
  );
});

test("curl resumes a broken download", async (t) => {
  const path = join(t.context.folder, "resumed");
  writeFileSync(path, bytes.subarray(0, 1_234_567));
  t.is((await curl("-C", "-", "-o", path, url(t.context, "/file"))).code, 0);
  t.true(readFileSync(path).equals(bytes));
});

test("curl knows a file by its tag", async (t) => {
  const tags = join(t.context.folder, "etag");
  await curl("--etag-save", tags, "-o", "/dev/null", url(t.context, "/file"));
  const { stdout } = await curl("--etag-compare", tags, "-w", "%{http_code}", url(t.context, "/file"));
  t.is(stdout, "304");
});

test("curl: many clients at once", async (t) => {
  const paths = Array.from({ length: 20 }, (_, index) => join(t.context.folder, `many-${index}`));
  const runs = await Promise.all(paths.map((path) => curl("-o", path, url(t.context, "/file"))));
  t.true(runs.every(({ code }) => code === 0));
  t.true(paths.every((path) => readFileSync(path).equals(bytes)));
});

test("curl: a body is read, up to the limit", async (t) => {
  t.is((await curl("-d", "partitioned", url(t.context, "/echo"))).stdout, "POST partitioned");
  const { stdout } = await curl("-d", "x".repeat(101), "-w", "%{http_code}", url(t.context, "/echo"));
  t.is(stdout, "the request's body is larger than 100 bytes.\n413");
});

test("curl: a content that breaks is seen to be cut", async (t) => {
  const { code } = await curl("-o", "/dev/null", url(t.context, "/breaks"));
  t.is(code, 18); // CURLE_PARTIAL_FILE
  t.true(t.context.logged.some(({ level, fields }) => level === "warn" && fields.path === "/breaks"));
});

test("the target stays as it came, for those who are a proxy", async (t) => {
  const asked = url(t.context, "/asked?a=b");
  const { stdout } = await curl("-x", url(t.context, ""), "http://deb.example.org//asked?a=b");
  const expected = { path: "/asked", query: [["a", "b"]], remoteAddress: "127.0.0.1" };
  t.deepEqual(JSON.parse(stdout), { ...expected, target: "http://deb.example.org//asked?a=b" });
  t.deepEqual(JSON.parse((await curl(asked)).stdout), { ...expected, target: "/asked?a=b" });
});

/** Speaks bytes of its own; resolves with what came back when the connection ends. */
function speak(context: Context, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(context.server.port, "127.0.0.1", () => socket.write(text));
    let heard = "";
    socket.on("data", (data) => {
      heard += data;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(heard));
  });
}

for (const [what, text, status] of [
  ["who never finishes the headers", "GET /text HTTP/1.1\r\nHost: x\r\n", /^HTTP\/1.1 408 /],
  ["who says nothing", "", /^(HTTP\/1.1 408 |$)/],
  [
    "who never finishes the body",
    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc",
    /^(HTTP\/1.1 408 |$)/,
  ],
  ["who speaks something else", "\x16\x03\x01\x00\r\n\r\n", /^HTTP\/1.1 400 /],
  ["who sends huge headers", `GET /text HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
  ["who wants a tunnel", "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n", /^$/],
] as const) {
  test(`${what} is cut off`, async (t) => {
    const startedMs = systemClock.monotonicMs();
    t.regex(await speak(t.context, text), status);
    t.true(systemClock.monotonicMs() - startedMs < 6000);
    t.is((await curl(url(t.context, "/text"))).stdout, "hello\n");
  });
}

test("firmware that resets the connection in the middle: an aborted reply, no more", async (t) => {
  await new Promise<void>((resolve) => {
    const socket = connect(t.context.server.port, "127.0.0.1", () => {
      socket.write("GET /slow HTTP/1.1\r\nHost: x\r\nUser-Agent: UefiHttpBoot/1.0\r\n\r\n");
    });
    socket.once("data", () => socket.resetAndDestroy());
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
  await systemClock.sleep(400);
  const event = t.context.events.find((e) => e.kind === "request" && e.userAgent === "UefiHttpBoot/1.0");
  t.like(event, { path: "/slow", status: 200, aborted: true, totalBytes: 2_000_000, remoteAddress: "127.0.0.1" });
  t.is((await curl(url(t.context, "/text"))).stdout, "hello\n");
});

test("a big body tells how far it is, at most twice a second", async (t) => {
  await curl("-A", "iPXE/1.0", "-o", "/dev/null", url(t.context, "/slow?progress"));
  await systemClock.sleep(100);
  const done = t.context.events.find((e) => e.kind === "request" && e.userAgent === "iPXE/1.0");
  t.like(done, { method: "GET", path: "/slow", status: 200, bytes: 2_000_000, totalBytes: 2_000_000, aborted: false });
  const told = t.context.events.filter((e) => e.kind === "progress" && e.path === "/slow");
  t.true(told.length >= 1 && told.length <= 6, `${told.length} events`);
  t.like(told[0], { totalBytes: 2_000_000, remoteAddress: "127.0.0.1" });
});

test("serves on a Unix socket, and removes it", async (t) => {
  const path = join(t.context.folder, "socket");
  const options = { clock: systemClock, log: createLog(() => {}), answer: () => ({ status: 200, body: "here" }) };
  const server = await startHttpServer({ ...options, listen: { path } });
  t.is((await curl("--unix-socket", path, "http://whatever/")).stdout, "here");
  await t.throwsAsync(startHttpServer({ ...options, listen: { path } }), { code: "http-cannot-listen" });
  await server.close();
  t.throws(() => readFileSync(path), { code: "ENOENT" });
});

test("a port that is taken is named", async (t) => {
  const { port } = t.context.server;
  const options = { clock: systemClock, log: createLog(() => {}), answer: () => undefined };
  const again = startHttpServer({ ...options, listen: { host: "127.0.0.1", port } });
  await t.throwsAsync(again, {
    code: "http-cannot-listen",
    message: new RegExp(`127.0.0.1 port ${port}: .*EADDRINUSE`),
  });
});

test("closing waits for a reply under way, and for no idle connection", async (t) => {
  const options = { clock: systemClock, log: createLog(() => {}), listen: { host: "127.0.0.1", port: 0 } };
  let asking = false;
  const answer: Answer = async () => {
    asking = true;
    await systemClock.sleep(300);
    return { status: 200, body: "done" };
  };
  const server = await startHttpServer({ ...options, answer });
  const idle = connect(server.port, "127.0.0.1");
  const asked = curl(`http://127.0.0.1:${server.port}/`);
  while (!asking) await systemClock.sleep(5);
  const startedMs = systemClock.monotonicMs();
  await server.close();
  t.is((await asked).stdout, "done");
  t.true(systemClock.monotonicMs() - startedMs < 2500);
  idle.destroy();
});
