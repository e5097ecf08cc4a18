import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { systemClock } from "../../src/clock.ts";
import { fetchHttp } from "../../src/http/client.ts";
import type { Answer } from "../../src/http/exchange.ts";
import { createForwardProxy } from "../../src/http/forward.ts";
import { createPackageArchive, type PackageEvent } from "../../src/http/packages.ts";
import { startHttpServer } from "../../src/http/server.ts";
import { silentLog } from "../../src/log.ts";
import { openBlobCache } from "../../src/store/blobs.ts";

/** Runs a Debian tool; gives its output, throws with it if it fails. */
function run(argv: readonly string[], cwd: string): Promise<string> {
  const [program, ...rest] = argv as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd, env: { ...process.env, LC_ALL: "C", http_proxy: "" } });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    let complaints = "";
    child.stderr.on("data", (data) => {
      complaints += data;
    });
    child.on("error", () =>
      reject(new Error(`${program} is missing; install: apt-get install apt apt-utils dpkg-dev`)),
    );
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${argv.join(" ")}: exit ${code}\n${output}${complaints}`));
    });
  });
}

/** A repository as archives are laid out: pool/ and dists/ with indices by their digest. */
async function makeRepository(folder: string): Promise<void> {
  const control = (name: string, version: string) =>
    `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Nobody <n@example.org>\nDescription: for a test\n`;
  for (const [name, version] of [
    ["hello-rack", "1:2.0+b1~rc1"],
    ["hello-node", "1.0"],
  ] as const) {
    const root = join(folder, "build", name);
    mkdirSync(join(root, "DEBIAN"), { recursive: true });
    mkdirSync(join(root, "usr/share/doc", name), { recursive: true });
    writeFileSync(join(root, "DEBIAN/control"), control(name, version));
    writeFileSync(join(root, "usr/share/doc", name, "filling"), Buffer.from(name.repeat(50_000)));
    mkdirSync(join(folder, "repo/pool/main"), { recursive: true });
    await run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", root, join(folder, "repo/pool/main")], folder);
  }
  const binary = join(folder, "repo/dists/test/main/binary-amd64");
  mkdirSync(join(binary, "by-hash/SHA512"), { recursive: true });
  const packages = await run(["apt-ftparchive", "packages", "pool"], join(folder, "repo"));
  writeFileSync(join(binary, "Packages"), packages);
  writeFileSync(join(binary, "by-hash/SHA512", createHash("sha512").update(packages).digest("hex")), packages);
  const settings = ["Suite=test", "Codename=test", "Components=main", "Architectures=amd64", "Acquire-By-Hash=yes"];
  const asked = settings.flatMap((setting) => ["-o", `APT::FTPArchive::Release::${setting}`]);
  writeFileSync(
    join(folder, "repo/dists/test/Release"),
    await run(["apt-ftparchive", ...asked, "release", "dists/test"], join(folder, "repo")),
  );
}

/** Serves a folder with dates, as a mirror does. Only for this test: product code serves no folders. */
const folderAnswer =
  (root: string, asked: string[]): Answer =>
  ({ path, method }) => {
    asked.push(`${method} ${path}`);
    const file = join(root, path);
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) return undefined;
    const stream = (start: number, end: number) => createReadStream(file, { start, end: Math.max(start, end - 1) });
    const lastModified = found.mtime.toUTCString();
    return {
      status: 200,
      body: { sizeBytes: found.size, contentType: "application/octet-stream", lastModified, stream },
    };
  };

/** apt with a world of its own: it neither reads nor writes the machine's. */
function aptIn(folder: string, source: string): (...argv: readonly string[]) => Promise<string> {
  const root = join(folder, "apt");
  rmSync(root, { recursive: true, force: true });
  for (const part of [
    "lists/partial",
    "cache/archives/partial",
    "etc/apt.conf.d",
    "etc/preferences.d",
    "etc/sources.list.d",
    "dpkg",
  ]) {
    mkdirSync(join(root, part), { recursive: true });
  }
  writeFileSync(join(root, "sources.list"), `deb [trusted=yes] ${source} test main\n`);
  writeFileSync(join(root, "dpkg/status"), "");
  const settings = {
    "Dir::Etc": join(root, "etc"),
    "Dir::Etc::sourcelist": join(root, "sources.list"),
    "Dir::State::lists": join(root, "lists"),
    "Dir::Cache": join(root, "cache"),
    "Dir::State::status": join(root, "dpkg/status"),
    "APT::Architecture": "amd64",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "0",
    "Acquire::http::Proxy": "false",
    "APT::Update::Error-Mode": "any",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return (...argv) => run(["apt-get", "-q", ...options, ...argv], root);
}

async function serve(t: ExecutionContext, answer: Answer, path?: string) {
  const listen = path === undefined ? { host: "127.0.0.1", port: 0 } : { path };
  const server = await startHttpServer({ listen, answer, clock: systemClock, log: silentLog });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= server.close();
    return closing;
  };
  t.teardown(close);
  return { port: server.port, close };
}

/** apt writes a version's epoch into the file's name, dpkg-deb doesn't. */
const nameOf = (file: string) => file.split("_", 1)[0];

const fetched = (folder: string) =>
  readdirSync(join(folder, "apt/cache/archives")).filter((name) => name.endsWith(".deb"));

for (const way of ["directly", "through a forward proxy on a Unix socket"] as const) {
  test(`apt-get updates and downloads ${way}; again with the upstream stopped`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "http-apt-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    await makeRepository(folder);
    const asked: string[] = [];
    const upstream = await serve(t, folderAnswer(join(folder, "repo"), asked));
    const via = join(folder, "proxy.sock");
    const allowedHosts = [`127.0.0.1:${upstream.port}`];
    await serve(t, createForwardProxy({ allowedHosts, fetch: fetchHttp, log: silentLog }), via);
    const events: PackageEvent[] = [];
    const cache = await openBlobCache({ directory: join(folder, "cache"), clock: systemClock });
    const archive = createPackageArchive({
      repositories: { demo: { upstream: `http://127.0.0.1:${upstream.port}` } },
      ...(way === "directly" ? {} : { via }),
      ...{ cache, fetch: fetchHttp, log: silentLog },
      onEvent: (event) => events.push(event),
    });
    const { port } = await serve(t, archive);
    const source = `http://127.0.0.1:${port}/packages/demo`;
    const session = async () => {
      const apt = aptIn(folder, source);
      await apt("update");
      t.regex(await apt("update"), /^Hit:\d+ http.* test /m, "the second update finds nothing new (304)");
      await apt("install", "-y", "--download-only", "hello-rack", "hello-node");
      t.is(fetched(folder).length, 2);
      for (const name of fetched(folder)) {
        const [original] = readdirSync(join(folder, "repo/pool/main")).filter(
          (other) => nameOf(other) === nameOf(name),
        );
        const path = join(folder, "repo/pool/main", original as string);
        t.deepEqual(readFileSync(join(folder, "apt/cache/archives", name)), readFileSync(path));
      }
    };
    await session();
    t.true(
      events.some(({ kind, path }) => kind === "fetched" && path.includes("/by-hash/")),
      "no index by its digest",
    );
    const before = asked.length;
    await upstream.close();
    events.length = 0;
    await session();
    t.is(asked.length, before);
    t.deepEqual(new Set(events.map(({ kind }) => kind)).has("cached"), true);
    t.true(events.some(({ kind, path }) => kind === "kept" && dirname(path) === "dists/test"));
  });
}

test("apt-get tells what the archive said when there is nothing to be had", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "http-apt-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const cache = await openBlobCache({ directory: join(folder, "cache"), clock: systemClock });
  const repositories = { demo: { upstream: "http://127.0.0.1:1" } };
  const { port } = await serve(t, createPackageArchive({ repositories, cache, fetch: fetchHttp, log: silentLog }));
  const apt = aptIn(folder, `http://127.0.0.1:${port}/packages/demo`);
  await t.throwsAsync(apt("update"), { message: /502 {2}Bad Gateway/ });
});
