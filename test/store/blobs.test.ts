import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { systemClock } from "../../src/clock.ts";
import { openBlobCache } from "../../src/store/blobs.ts";

function directoryFor(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), "blobs-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const cacheFor = async (t: ExecutionContext) => {
  const directory = directoryFor(t);
  return { directory, cache: await openBlobCache({ directory, clock: systemClock }) };
};

async function* source(...parts: readonly (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

/** Gives what it is handed, when it is handed it. */
function tap() {
  const waiting: (() => void)[] = [];
  const parts: (string | Error | undefined)[] = [];
  const push = (part?: string | Error) => {
    parts.push(part);
    waiting.shift()?.();
  };
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (parts.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      const part = parts.shift();
      if (part === undefined) return;
      if (part instanceof Error) throw part;
      yield Buffer.from(part);
    }
  }
  return { push, stream };
}

const text = async (stream: Readable) => (await buffer(stream)).toString();
const files = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());

test("what was written comes back, with its facts", async (t) => {
  const { cache } = await cacheFor(t);
  await cache.write("http://a/b", { "content-type": "text/plain" }, source("hello ", "world"));
  const blob = await cache.open("http://a/b");
  t.is(blob?.sizeBytes, 11);
  t.deepEqual(blob?.meta, { "content-type": "text/plain" });
  t.is(await text(blob!.stream(0, 11)), "hello world");
});

for (const [what, start, end, expected] of [
  ["the middle", 2, 5, "llo"],
  ["the last byte", 10, 11, "d"],
  ["nothing", 3, 3, ""],
  ["no more than there is", 6, 99, "world"],
] as const) {
  test(`reads a part: ${what}`, async (t) => {
    const { cache } = await cacheFor(t);
    const blob = await cache.write("key", {}, source("hello world"));
    t.is(await text(blob.stream(start, end)), expected);
  });
}

test("an empty content is a content", async (t) => {
  const { cache } = await cacheFor(t);
  await cache.write("key", {}, source());
  t.is((await cache.open("key"))?.sizeBytes, 0);
});

test("nothing under another key, nor under one that looks like a path", async (t) => {
  const { cache } = await cacheFor(t);
  t.is(await cache.open("key"), undefined);
  t.is(await cache.open("../../../../etc/passwd"), undefined);
});

test("it is there for the next process too", async (t) => {
  const { cache, directory } = await cacheFor(t);
  await cache.write("key", { etag: "1" }, source("kept"));
  const again = await openBlobCache({ directory, clock: systemClock });
  t.is(await text((await again.open("key"))!.stream(0, 4)), "kept");
});

test("a source that breaks leaves nothing, and what was there stays", async (t) => {
  const { cache, directory } = await cacheFor(t);
  await cache.write("key", {}, source("old"));
  await t.throwsAsync(cache.write("key", {}, source("ne", new Error("cut"))), { message: "cut" });
  t.is(await text((await cache.open("key"))!.stream(0, 3)), "old");
  t.is(files(directory).length, 1);
});

test("half-written content is not visible", async (t) => {
  const { cache } = await cacheFor(t);
  const { push, stream } = tap();
  const arrival = await cache.receive("key", {}, stream());
  push("half");
  t.is(await text(arrival.stream(0, 4)), "half");
  t.is(await cache.open("key"), undefined);
  push();
  await arrival.stored;
  t.is((await cache.open("key"))?.sizeBytes, 4);
});

test("readers follow a content as it arrives, each from where it wants", async (t) => {
  const { cache } = await cacheFor(t);
  const { push, stream } = tap();
  const arrival = await cache.receive("key", {}, stream());
  const all = text(arrival.stream(0));
  const tail = text(arrival.stream(6));
  const part = text(arrival.stream(3, 8));
  for (const piece of ["hello", " ", "world"]) {
    push(piece);
    await systemClock.sleep(5);
  }
  const late = text(arrival.stream(0));
  push();
  t.deepEqual(await Promise.all([all, tail, part, late]), ["hello world", "world", "lo wo", "hello world"]);
  t.is(await text(arrival.stream(0)), "hello world");
});

test("who follows a content that breaks hears of it", async (t) => {
  const { cache } = await cacheFor(t);
  const { push, stream } = tap();
  const arrival = await cache.receive("key", {}, stream());
  const all = text(arrival.stream(0));
  push("half");
  push(new Error("cut"));
  await t.throwsAsync(all, { message: "cut" });
  await t.throwsAsync(arrival.stored, { message: "cut" });
});

test("many writers of one key: one of them wins, whole", async (t) => {
  const { cache, directory } = await cacheFor(t);
  const letters = [..."abcdefgh"];
  await Promise.all(letters.map((letter) => cache.write("key", {}, source(...Array(50).fill(letter.repeat(1000))))));
  const content = await text((await cache.open("key"))!.stream(0, 50_000));
  t.true(letters.some((letter) => content === letter.repeat(50_000)));
  t.is(files(directory).length, 1);
});

test("a reader never gets half of the old and half of the new", async (t) => {
  const { cache } = await cacheFor(t);
  const old = await cache.write("key", {}, source("o".repeat(600_000)));
  const begun = old.stream(0, 600_000);
  const first = begun[Symbol.asyncIterator]();
  t.is(String((await first.next()).value)[0], "o");
  await cache.write("key", {}, source("n".repeat(600_000)));
  let rest = "";
  for (let part = await first.next(); !part.done; part = await first.next()) rest += part.value;
  t.regex(rest, /^o+$/);
  await t.throwsAsync(buffer(old.stream(0, 10)), { code: "blob-replaced" });
});

test("a file cut short, as by a failing disk, counts as absent", async (t) => {
  const { cache, directory } = await cacheFor(t);
  await cache.write("key", {}, source("hello world"));
  const [path] = files(directory) as [string];
  for (const sizeBytes of [statSync(path).size - 1, 30, 5, 0]) {
    truncateSync(path, sizeBytes);
    t.is(await cache.open("key"), undefined, `${sizeBytes} bytes`);
  }
  await cache.write("key", {}, source("again"));
  t.is((await cache.open("key"))?.sizeBytes, 5);
});

test("leftovers of writers that are gone are removed, those of the living stay", async (t) => {
  const { directory } = await cacheFor(t);
  const gone = spawnSync("true").pid;
  const old = join(directory, "partial", `${process.pid}-00`);
  for (const name of [`${gone}-00`, "x", "1-00", `${process.pid}-01`])
    writeFileSync(join(directory, "partial", name), "half");
  writeFileSync(old, "of an earlier process with our id");
  utimesSync(old, 1, 1);
  await openBlobCache({ directory, clock: systemClock });
  t.deepEqual(readdirSync(join(directory, "partial")).sort(), ["1-00", `${process.pid}-01`].sort());
});

test("a full or forbidden disk is named", async (t) => {
  const directory = directoryFor(t);
  writeFileSync(join(directory, "file"), "");
  const opening = openBlobCache({ directory: join(directory, "file"), clock: systemClock });
  await t.throwsAsync(opening, { code: "blobs-unwritable" });
});

test("a disk that fills up while writing: an error, and nothing kept", async (t) => {
  const directory = directoryFor(t);
  const src = join(import.meta.dirname, "../../src");
  const script = `${directory}.mts`;
  t.teardown(() => rmSync(script, { force: true }));
  writeFileSync(
    script,
    `
    import { readdirSync } from "node:fs";
    import { systemClock } from "${src}/clock.ts";
    import { openBlobCache } from "${src}/store/blobs.ts";
    const cache = await openBlobCache({ directory: "${directory}", clock: systemClock });
    async function* source() { for (let i = 0; i < 64; i++) yield Buffer.alloc(65536); }
    const outcome = await cache.write("key", {}, source()).catch((thrown) => thrown.code + ": " + thrown.message);
    console.log(outcome, readdirSync("${directory}/partial").length, await cache.open("key"));`,
  );
  const onSmallDisk = `mount -t tmpfs -o size=1m none ${directory} && exec ${process.execPath} ${script}`;
  const { stdout, stderr } = spawnSync("unshare", ["-m", "sh", "-c", onSmallDisk], { encoding: "utf8" });
  t.regex(stdout, /^blobs-unwritable: .*ENOSPC.* 0 undefined/s, stderr);
});
