import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import type { TftpEvent } from "../../src/tftp/events.ts";
import { startTftpServer, type TftpServer } from "../../src/tftp/server.ts";

const pattern = (count: number) => Buffer.from(Uint8Array.from({ length: count }, (_, i) => i * 31 + (i >> 8) * 7));

/** Sizes around a block's end, and one that takes a while. */
const files: Readonly<Record<string, Buffer>> = {
  empty: pattern(0),
  one: pattern(1),
  "multiple-of-512": pattern(1024),
  "multiple-of-1428": pattern(1428 * 3),
  loader: pattern(300_001),
  "dir/wraps-at-512": pattern(512 * 65537 + 5),
  text: Buffer.from("one\ntwo\r\nthree\rfour\n"),
};

interface Context {
  server: TftpServer;
  folder: string;
  events: TftpEvent[];
}

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const events: TftpEvent[] = [];
  const server = await startTftpServer({
    host: "127.0.0.1",
    port: 0,
    files: (name) => (Object.hasOwn(files, name) ? files[name] : undefined),
    clock: systemClock,
    log: silentLog,
    onEvent: (event) => events.push(event),
  });
  t.context = { server, folder: mkdtempSync(join(tmpdir(), "tftp-peers-")), events };
});

test.after.always(async (t) => {
  await t.context.server.close();
  rmSync(t.context.folder, { recursive: true });
});

/** Runs a foreign client; a missing one is a failure that names its package. */
async function run(argv: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  const [program, ...rest] = argv as [string, ...string[]];
  try {
    const { stdout, stderr } = await promisify(execFile)(program, rest, { cwd, timeout: 15_000 });
    return { code: 0, output: stdout + stderr };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code?: number | string; stdout?: string; stderr?: string };
    if (code === "ENOENT")
      throw new Error(`${program} is missing; install it: apt-get install curl tftp-hpa busybox atftp`);
    return { code: typeof code === "number" ? code : -1, output: `${stdout}${stderr}` };
  }
}

const port = (t: ExecutionContext<Context>) => String(t.context.server.port);

type Client = (t: ExecutionContext<Context>, remote: string, local: string) => readonly string[];

const curl =
  (...options: string[]): Client =>
  (t, remote, local) => ["curl", "-sS", "-m", "12", ...options, "-o", local, `tftp://127.0.0.1:${port(t)}/${remote}`];

const atftp =
  (...options: string[]): Client =>
  (t, remote, local) => {
    const asked = options.flatMap((option) => ["--option", option]);
    return ["atftp", ...asked, "-g", "-r", remote, "-l", local, "127.0.0.1", port(t)];
  };

const clients: readonly [what: string, argv: Client][] = [
  ["curl", curl()],
  ["curl, blksize 1428", curl("--tftp-blksize", "1428")],
  ["curl, blksize 512", curl("--tftp-blksize", "512")],
  ["curl, blksize 8", curl("--tftp-blksize", "8")],
  ["curl, no options", curl("--tftp-no-options")],
  ["tftp-hpa", (t, remote, local) => ["tftp", "-m", "binary", "127.0.0.1", port(t), "-c", "get", remote, local]],
  ["busybox tftp", (t, remote, local) => ["busybox", "tftp", "-g", "-r", remote, "-l", local, "127.0.0.1", port(t)]],
  [
    "busybox tftp, blksize 1428",
    (t, remote, local) => ["busybox", "tftp", "-g", "-b", "1428", "-r", remote, "-l", local, "127.0.0.1", port(t)],
  ],
  ["atftp", atftp()],
  ["atftp, tsize and timeout", atftp("tsize", "timeout 2")],
  ["atftp, blksize 1428, windowsize 16", atftp("blksize 1428", "windowsize 16")],
  ["atftp, windowsize 64", atftp("windowsize 64")],
];

/** curl 7.88 fails on an empty file whose size it was told ("getpeername() failed"), whoever serves it. */
const canTakeEmpty = (what: string) => !what.startsWith("curl") || what.includes("no options");

for (const [what, argv] of clients) {
  for (const name of ["empty", "one", "multiple-of-512", "multiple-of-1428", "loader"]) {
    if (name === "empty" && !canTakeEmpty(what)) continue;
    test.serial(`${what} fetches ${name} byte for byte`, async (t) => {
      const local = `${what}-${name}`.replaceAll(/[^\w]+/g, "-");
      const { code, output } = await run(argv(t, name, local), t.context.folder);
      t.is(code, 0, output);
      t.true(readFileSync(join(t.context.folder, local)).equals(files[name] as Buffer), "the bytes differ");
    });
  }
}

test.serial("block numbers wrap in a real client: 33 MB in blocks of 512 bytes", async (t) => {
  const { code, output } = await run(atftp("windowsize 16")(t, "/dir//wraps-at-512", "wrapped"), t.context.folder);
  t.is(code, 0, output);
  t.true(readFileSync(join(t.context.folder, "wrapped")).equals(files["dir/wraps-at-512"] as Buffer));
  const about = t.context.events.filter((event) => event.file === "dir/wraps-at-512");
  const totalBytes = files["dir/wraps-at-512"]?.length;
  const told = { file: "dir/wraps-at-512", client: "127.0.0.1", totalBytes };
  t.deepEqual(about, [
    { kind: "start", ...told },
    { kind: "done", ...told, bytes: totalBytes },
  ]);
});

test.serial("tftp-hpa's netascii comes back as it was", async (t) => {
  const argv = ["tftp", "-m", "netascii", "127.0.0.1", port(t), "-c", "get", "text", "text.out"];
  t.is((await run(argv, t.context.folder)).code, 0);
  t.deepEqual(readFileSync(join(t.context.folder, "text.out")), files.text);
});

test.serial("twelve clients at once, each whole", async (t) => {
  const runs = Array.from({ length: 12 }, (_, index) => run(curl()(t, "loader", `many-${index}`), t.context.folder));
  t.deepEqual(
    (await Promise.all(runs)).map(({ code }) => code),
    Array(12).fill(0),
  );
  for (let index = 0; index < 12; index++) {
    t.true(readFileSync(join(t.context.folder, `many-${index}`)).equals(files.loader as Buffer));
  }
});

for (const path of [
  "/../../etc/passwd",
  "///etc/passwd",
  "/..\\..\\etc\\passwd",
  "/x/../../../etc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/dir",
  "/absent",
]) {
  test.serial(`curl doesn't get ${path}`, async (t) => {
    const local = join(t.context.folder, `negative${path.replaceAll(/\W/g, "_")}`);
    const url = `tftp://127.0.0.1:${port(t)}${path}`;
    const { code, output } = await run(["curl", "-sS", "-m", "8", "--path-as-is", "-o", local, url], "/");
    t.is(code, 68, output); // CURLE_TFTP_NOTFOUND
    t.false((statSync(local, { throwIfNoEntry: false })?.size ?? 0) > 0);
  });
}

test.serial("curl can't put a file here", async (t) => {
  const local = join(t.context.folder, "evil");
  writeFileSync(local, "evil");
  const { code } = await run(["curl", "-sS", "-m", "8", "-T", local, `tftp://127.0.0.1:${port(t)}/evil`], "/");
  t.is(code, 69); // CURLE_TFTP_PERM
});

test.serial("0 and 1 bytes, noise and a stranger don't disturb a transfer", async (t) => {
  const client = createSocket("udp4");
  const stranger = createSocket("udp4");
  const heard: Buffer[] = [];
  const answers: string[] = [];
  stranger.on("message", (message) => answers.push(message.toString("hex", 0, 4)));
  const whole = new Promise<void>((resolve) => {
    client.on("message", (message, from) => {
      if (message[1] !== 3) return;
      heard[message.readUInt16BE(2)] = message.subarray(4);
      const noise = [[], [0], [0, 4], [0, 9, 1, 1], [0, 3, 0, 1], [255, 255, 255]].map((bytes) => Buffer.from(bytes));
      for (const bytes of noise) client.send(bytes, from.port, "127.0.0.1");
      stranger.send(Buffer.from([]), from.port, "127.0.0.1");
      stranger.send(Buffer.from([0, 4, 0, 1]), from.port, "127.0.0.1");
      stranger.send(Buffer.from([0, 5, 0, 0, 0]), from.port, "127.0.0.1");
      client.send(Buffer.from([0, 4, ...message.subarray(2, 4)]), from.port, "127.0.0.1");
      if (message.length < 516) resolve();
    });
  });
  for (const bytes of [[], [0], [0, 1], [0, 4, 0, 0]])
    client.send(Buffer.from(bytes), t.context.server.port, "127.0.0.1");
  await new Promise<void>((resolve) => {
    client.send(Buffer.from("\0\x01multiple-of-1428\0octet\0", "latin1"), t.context.server.port, "127.0.0.1", () =>
      resolve(),
    );
  });
  await whole;
  await systemClock.sleep(50);
  client.close();
  stranger.close();
  t.true(Buffer.concat(heard.slice(1)).equals(files["multiple-of-1428"] as Buffer));
  t.deepEqual([...new Set(answers)], ["00050005"]);
});

/** Sends one request as often as asked, never answers, and counts what comes back within a while. */
async function count(t: ExecutionContext<Context>, requests: readonly string[], waitMs: number): Promise<number> {
  const client = createSocket("udp4");
  let datagrams = 0;
  client.on("message", () => datagrams++);
  for (const request of requests) client.send(Buffer.from(request, "latin1"), t.context.server.port, "127.0.0.1");
  await systemClock.sleep(waitMs);
  client.close();
  return datagrams;
}

test.serial("a repeated request is answered once: the timer cares for the rest", async (t) => {
  t.is(await count(t, Array(50).fill("\0\x01loader\0octet\0blksize\x001024\0"), 500), 1);
});

test.serial("ten thousand requests from one source: 16 transfers, and the server goes on", async (t) => {
  const requests = Array.from({ length: 10_000 }, (_, index) => `\0\x01loader\0octet\0blksize\0${100 + index}\0`);
  const datagrams = await count(t, requests, 900);
  t.true(datagrams <= 16, `${datagrams} answers`);
});

test.serial("the port that is taken is named", async (t) => {
  const again = startTftpServer({
    host: "127.0.0.1",
    port: t.context.server.port,
    files: () => undefined,
    clock: systemClock,
    log: silentLog,
  });
  await t.throwsAsync(again, {
    code: "tftp-cannot-listen",
    message: new RegExp(`127.0.0.1 port ${port(t)}/udp: .*EADDRINUSE`),
  });
});
