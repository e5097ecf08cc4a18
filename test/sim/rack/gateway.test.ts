import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import test from "ava";
import { systemClock } from "../../../src/clock.ts";
import type { HttpServer } from "../../../src/http/server.ts";
import { silentLog } from "../../../src/log.ts";
import { startGateway } from "../../../src/sim/rack/gateway.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "rack-"));
const socketPath = `${folder}/packages.sock`;
let upstream: Server;
let gateway: HttpServer;
let seen: IncomingHttpHeaders = {};

test.before(async (t) => {
  upstream = createServer((query, response) => {
    seen = query.headers;
    const body = `${query.method} ${query.url}`;
    const headers = { etag: '"1"', "content-length": body.length, connection: "close" };
    response.writeHead(query.url === "/gone" ? 404 : 200, headers).end(body);
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const packageHosts = [`127.0.0.1:${(upstream.address() as AddressInfo).port}`, "127.0.0.1:1"];
  // As a gateway leaves it that was killed.
  await run(process.execPath, [
    "-e",
    `require("net").createServer().listen("${socketPath}", () => process.kill(process.pid, 9))`,
  ]).catch(() => {});
  t.true(existsSync(socketPath));
  gateway = await startGateway({ packagesSocket: socketPath, packageHosts }, { clock: systemClock, log: silentLog });
});

test.after.always(async () => {
  await gateway.close();
  upstream.closeAllConnections();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Reply {
  readonly status: number | undefined;
  readonly body: string;
  readonly etag: string | undefined;
}

/** Through the gateway, as a proxy's client asks: the whole URL in the request line. */
function ask(url: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const query = request({ socketPath, path: url, headers, method }, async (response) => {
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
  t.regex(body, /127\.0\.0\.1:1\/.*ECONNREFUSED/);
});

test.serial("a host that isn't on the list is not reached, and nothing is written anywhere", async (t) => {
  t.is((await ask("http://169.254.169.254/latest/meta-data/")).status, 403);
  t.is((await ask(`${upstreamUrl()}/a`, {}, "POST")).status, 405);
});

test.serial("only root can use the socket", (t) => {
  t.is(statSync(socketPath).mode & 0o777, 0o600);
});
