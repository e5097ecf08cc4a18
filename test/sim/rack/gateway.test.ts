import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import { silentLog } from "../../../src/log.ts";
import { judge, startGateway } from "../../../src/sim/rack/gateway.ts";
import { plan } from "./plans.ts";

const hosts = ["deb.debian.org", "mirror.example:3142"];

for (const [what, method, url, verdict] of [
  ["reads from a host of the list", "GET", "http://deb.debian.org/debian/x.deb", "deb.debian.org"],
  ["asks for headers only", "HEAD", "http://deb.debian.org/debian/", "deb.debian.org"],
  ["names the port of the list", "GET", "http://mirror.example:3142/x", "mirror.example:3142"],
  ["asks the host in capitals", "GET", "http://DEB.debian.org/x", "deb.debian.org"],
  ["writes", "POST", "http://deb.debian.org/x", 405],
  ["wants a tunnel", "CONNECT", "deb.debian.org:443", 405],
  ["asks another host", "GET", "http://169.254.169.254/latest/meta-data/", 403],
  ["asks another port", "GET", "http://deb.debian.org:22/", 403],
  ["hides the host behind a user name", "GET", "http://deb.debian.org@evil.example/", 403],
  ["hides the host in a longer name", "GET", "http://deb.debian.org.evil.example/", 403],
  ["asks without a host", "GET", "/etc/passwd", 400],
  ["asks for a file", "GET", "file:///etc/passwd", 400],
] as const) {
  test(`a client that ${what} ${typeof verdict === "string" ? "passes" : `gets ${verdict}`}`, (t) => {
    const answer = judge({ method, url }, hosts);
    t.is(answer instanceof URL ? answer.host : answer.status, verdict);
  });
}

const folder = mkdtempSync(join(tmpdir(), "rack-"));
const socketPath = `${folder}/packages.sock`;
let upstream: Server;
let gateway: Server;
let seen: IncomingHttpHeaders = {};

test.before(async () => {
  upstream = createServer((query, response) => {
    seen = query.headers;
    response.writeHead(query.url === "/gone" ? 404 : 200, { etag: '"1"', connection: "close" });
    response.end(`${query.method} ${query.url}`);
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const packageHosts = [`127.0.0.1:${(upstream.address() as AddressInfo).port}`, "127.0.0.1:1"];
  gateway = await startGateway({ ...plan(folder), packagesSocket: socketPath, packageHosts }, silentLog);
});

test.after.always(() => {
  for (const server of [gateway, upstream]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Reply {
  readonly status: number | undefined;
  readonly body: string;
  readonly etag: string | undefined;
}

/** Through the gateway, as a proxy's client asks: the whole URL in the request line. */
function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const query = request({ socketPath, path: url, headers }, async (response) => {
      resolve({ status: response.statusCode, body: await text(response), etag: response.headers.etag });
    });
    query.on("error", reject).end();
  });
}

const upstreamUrl = () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;

test.serial("what an archive answers comes back as it is: body, validator, status", async (t) => {
  t.deepEqual(await ask(`${upstreamUrl()}/a?b=c`), { status: 200, body: "GET /a?b=c", etag: '"1"' });
  t.is((await ask(`${upstreamUrl()}/gone`)).status, 404);
});

test.serial("conditions and ranges reach the archive; what concerns the connection doesn't", async (t) => {
  await ask(`${upstreamUrl()}/a`, {
    "if-none-match": '"0"',
    range: "bytes=1-2",
    "proxy-authorization": "Basic c2VjcmV0",
  });
  t.is(seen["if-none-match"], '"0"');
  t.is(seen.range, "bytes=1-2");
  t.is(seen["proxy-authorization"], undefined);
});

test.serial("the archive hears the URL's host, whatever the client's Host field says", async (t) => {
  await ask(`${upstreamUrl()}/a`, { host: "inside.example" });
  t.is(`http://${seen.host}`, upstreamUrl());
});

test.serial("an archive that doesn't answer is a 502 with the reason", async (t) => {
  const { status, body } = await ask("http://127.0.0.1:1/");
  t.is(status, 502);
  t.regex(body, /127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test.serial("only root can use the socket", (t) => {
  t.is(statSync(socketPath).mode & 0o777, 0o600);
});
