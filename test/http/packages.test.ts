import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { systemClock } from "../../src/clock.ts";
import { fetchHttp } from "../../src/http/client.ts";
import { createForwardProxy } from "../../src/http/forward.ts";
import { createPackageArchive, type PackageEvent } from "../../src/http/packages.ts";
import { startHttpServer } from "../../src/http/server.ts";
import { createLog, type LogEntry, silentLog } from "../../src/log.ts";
import { openBlobCache } from "../../src/store/blobs.ts";

const deb = Buffer.alloc(300_000, "package ");
const modified = "Wed, 21 Oct 2015 07:28:00 GMT";

interface Upstream {
  readonly url: string;
  readonly asked: { url: string; headers: IncomingHttpHeaders }[];
  /** How it behaves from now on. */
  mode: "well" | "cut" | "503" | "endless" | "slow" | "changed";
  /** Lets what is held back in mode "slow" go on. */
  release(): void;
  stop(): Promise<void>;
}

/** A mirror that can fall ill. */
async function startUpstream(t: ExecutionContext): Promise<Upstream> {
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    upstream.asked.push({ url: request.url ?? "", headers: request.headers });
    const { mode } = upstream;
    if (mode === "503") return response.writeHead(503).end();
    if (request.url === "/debian/moved.deb") return response.writeHead(302, { location: "pool/a.deb" }).end();
    if (request.url?.includes("absent")) return response.writeHead(404).end("<h1>no</h1>");
    if (request.url === "/debian/chunked.deb") return response.writeHead(200).end(deb.subarray(0, 50), () => {});
    if (mode === "endless") {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
      return response.writeHead(200).end(deb);
    }
    if (request.url?.endsWith(".deb")) return sendDeb(response, mode, held);
    const tag = mode === "changed" ? '"2"' : '"1"';
    if (request.headers["if-none-match"] === tag) return response.writeHead(304).end();
    return response.writeHead(200, { etag: tag, "last-modified": modified }).end(`index ${tag}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.teardown(stop);
  const { port } = server.address() as { port: number };
  const upstream: Upstream = {
    url: `http://127.0.0.1:${port}/debian/`,
    asked: [],
    mode: "well",
    stop,
    release: () => held.shift()?.(),
  };
  return upstream;
}

function sendDeb(response: import("node:http").ServerResponse, mode: Upstream["mode"], held: (() => void)[]): void {
  response.writeHead(200, {
    "content-length": deb.length,
    "content-type": "application/x-deb",
    "last-modified": modified,
  });
  response.write(deb.subarray(0, 100_000));
  if (mode === "cut") setTimeout(() => response.destroy(), 30);
  else if (mode === "slow") held.push(() => response.end(deb.subarray(100_000)));
  else response.end(deb.subarray(100_000));
}

/** The last byte is with the client before the file is safely on disk. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(5);
}

async function house(t: ExecutionContext, way: "direct" | "proxy" = "direct") {
  const directory = mkdtempSync(join(tmpdir(), "packages-"));
  const writing: Promise<unknown>[] = [];
  t.teardown(async () => {
    await Promise.allSettled(writing);
    rmSync(directory, { recursive: true, force: true });
  });
  const upstream = await startUpstream(t);
  const via = join(directory, "proxy.sock");
  if (way === "proxy") {
    const answer = createForwardProxy({ allowedHosts: [new URL(upstream.url).host], fetch: fetchHttp, log: silentLog });
    const proxy = await startHttpServer({ listen: { path: via }, answer, clock: systemClock, log: silentLog });
    t.teardown(() => proxy.close());
  }
  const events: PackageEvent[] = [];
  const logged: LogEntry[] = [];
  const cache = await openBlobCache({ directory: join(directory, "cache"), clock: systemClock });
  const answer = createPackageArchive({
    repositories: { debian: { upstream: upstream.url } },
    ...(way === "proxy" ? { via } : {}),
    cache: {
      open: cache.open,
      receive: async (...what) => {
        const arrival = await cache.receive(...what);
        writing.push(arrival.stored);
        return arrival;
      },
    },
    fetch: fetchHttp,
    log: createLog((entry) => logged.push(entry)),
    timeoutMs: 5000,
    onEvent: (event) => events.push(event),
  });
  const listen = { host: "127.0.0.1", port: 0 };
  const server = await startHttpServer({ listen, answer, clock: systemClock, log: silentLog });
  t.teardown(() => server.close());
  const get = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const reply = await fetchHttp({ url: `http://127.0.0.1:${server.port}/packages/${path}`, headers, method });
    return { status: reply.status, headers: reply.headers, text: await reply.text() };
  };
  const kinds = () => events.map(({ kind }) => kind);
  return { upstream, get, events, kinds, logged };
}

for (const way of ["direct", "proxy"] as const) {
  test(`a package is fetched once and kept, even with the upstream gone (${way})`, async (t) => {
    const { upstream, get, kinds } = await house(t, way);
    const first = await get("debian/pool/a.deb");
    t.is(first.status, 200);
    t.is(first.headers["content-type"], "application/x-deb");
    t.is(first.text, deb.toString());
    await until(() => kinds().includes("fetched"));
    await upstream.stop();
    t.is((await get("debian/pool/a.deb")).text, deb.toString());
    t.is(upstream.asked.length, 1);
    t.deepEqual(kinds(), ["fetched", "cached"]);
  });

  test(`an index is asked for again, and kept for when the upstream is away (${way})`, async (t) => {
    const { upstream, get, kinds, logged } = await house(t, way);
    const index = async () => {
      const before = kinds().length;
      const { text } = await get("debian/dists/x/InRelease");
      await until(() => kinds().length > before);
      return `${text}: ${kinds().at(-1)}`;
    };
    t.is(await index(), 'index "1": fetched');
    t.is(await index(), 'index "1": unchanged');
    t.is(upstream.asked[1]?.headers["if-none-match"], '"1"');
    t.is(upstream.asked[1]?.headers["if-modified-since"], modified);
    upstream.mode = "changed";
    t.is(await index(), 'index "2": fetched');
    upstream.mode = "503";
    t.is(await index(), 'index "2": kept');
    await upstream.stop();
    t.is(await index(), 'index "2": kept');
    t.is(logged.filter(({ level }) => level === "warn").length, 2);
  });
}

test("an index the client has already is 304 and empty", async (t) => {
  const { get } = await house(t);
  await get("debian/InRelease");
  for (const headers of [{ "if-none-match": '"1"' }, { "if-modified-since": modified }]) {
    const reply = await get("debian/InRelease", headers as Record<string, string>);
    t.is(reply.status, 304);
    t.is(reply.text, "");
  }
});

test("twenty clients at once, one fetch, and nobody waits for its end", async (t) => {
  const { upstream, get } = await house(t);
  upstream.mode = "slow";
  const whole = Promise.all(Array.from({ length: 20 }, () => get("debian/pool/a.deb")));
  t.is((await get("debian/pool/a.deb", { range: "bytes=0-9" })).text, "package pa");
  upstream.release();
  t.true((await whole).every(({ text }) => text === deb.toString()));
  t.is(upstream.asked.length, 1);
});

test("a cut package is not kept, the client sees the cut, and the next try is whole", async (t) => {
  const { upstream, get, kinds } = await house(t);
  upstream.mode = "cut";
  const cut = await t.throwsAsync(get("debian/pool/a.deb"));
  t.regex(String((cut as { code?: string }).code), /^http-(?:broken-off|unreachable)$/);
  upstream.mode = "well";
  const rest = await get("debian/pool/a.deb", { range: "bytes=100000-", "if-range": modified });
  t.is(rest.status, 206);
  t.is(rest.text, deb.subarray(100_000).toString());
  await until(() => kinds().length === 2);
  t.deepEqual(kinds(), ["failed", "fetched"]);
});

test("a reply without length and end is refused: a cut could not be seen", async (t) => {
  const { upstream, get } = await house(t);
  upstream.mode = "endless";
  const reply = await get("debian/pool/a.deb");
  t.is(reply.status, 502);
  t.regex(reply.text, /without a length/);
});

test("chunks have an end, and are kept", async (t) => {
  const { upstream, get } = await house(t);
  t.is((await get("debian/chunked.deb")).text.length, 50);
  t.is((await get("debian/chunked.deb")).text.length, 50);
  t.is(upstream.asked.length, 1);
});

test("redirects are followed", async (t) => {
  const { get } = await house(t);
  t.is((await get("debian/moved.deb")).text, deb.toString());
});

test("HEAD tells the length", async (t) => {
  const { get } = await house(t);
  const reply = await get("debian/pool/a.deb", {}, "HEAD");
  t.is(reply.status, 200);
  t.is(reply.headers["content-length"], String(deb.length));
});

test("what the upstream didn't have is 404 also while it is away; a package is asked for again", async (t) => {
  const { upstream, get } = await house(t);
  t.is((await get("debian/absent")).status, 404);
  t.is((await get("debian/absent.deb")).status, 404);
  await upstream.stop();
  t.is((await get("debian/absent")).status, 404);
  t.is((await get("debian/absent.deb")).status, 502);
});

test("with the upstream away, what isn't kept is 502 and one sentence", async (t) => {
  const { upstream, get, logged } = await house(t);
  await upstream.stop();
  const reply = await get("debian/pool/a.deb");
  t.is(reply.status, 502);
  t.regex(reply.text, /^The package archive could not get this file: .*ECONNREFUSED.*\.\n$/);
  t.is(logged.filter(({ level }) => level === "warn").length, 1);
});

for (const [what, path, method, status] of [
  ["a file the upstream doesn't have", "debian/absent.deb", "GET", 404],
  ["an index the upstream doesn't have", "debian/absent", "GET", 404],
  ["a repository that isn't here", "fedora/x.rpm", "GET", 404],
  ["a repository by a name of JavaScript's", "__proto__/x.rpm", "GET", 404],
  ["writing", "debian/pool/a.deb", "PUT", 405],
] as const) {
  test(`${what}: ${status}`, async (t) => {
    const { get } = await house(t);
    t.is((await get(path, {}, method)).status, status);
  });
}

test("names with signs reach the upstream as they should", async (t) => {
  const { upstream, get } = await house(t);
  await get("debian/pool/g%2b%2b_1%7erc1_amd64.deb");
  t.is(decodeURIComponent(upstream.asked[0]?.url ?? ""), "/debian/pool/g++_1~rc1_amd64.deb");
});

test("who asks again at once doesn't join a fetch that broke, however long the cache takes to tidy up", async (t) => {
  let fetches = 0;
  const breaking = async function* (): AsyncGenerator<Uint8Array> {
    yield deb.subarray(0, 10);
    throw new Error("cut");
  };
  const archive = createPackageArchive({
    repositories: { debian: { upstream: "http://mirror.test" } },
    cache: {
      open: async () => undefined,
      receive: async (_key, _meta, source) => {
        await buffer(source).catch(() => {});
        return { stored: new Promise(() => {}), stream: () => Readable.from([]) };
      },
    },
    fetch: async () => {
      fetches++;
      const headers = { "content-length": "20" };
      return { status: 200, headers, body: breaking(), text: async () => "", discard: () => {} };
    },
    log: silentLog,
  });
  const request = { method: "GET", path: "/packages/debian/a.deb", target: "", headers: {}, remoteAddress: "" };
  for (let attempt = 1; attempt <= 2; attempt++) {
    await archive({ ...request, query: new URLSearchParams(), text: async () => "" });
    t.is(fetches, attempt);
  }
});
