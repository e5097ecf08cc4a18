import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Clock } from "../clock.ts";
import { sealTrailer, type Trailer, trailerIn } from "./blob-trailer.ts";
import { fail } from "./errors.ts";

/** Facts about a content, kept with it: its type, its digest, where it came from. */
export type BlobMeta = Readonly<Record<string, string>>;

export interface StoredBlob {
  readonly sizeBytes: number;
  readonly meta: BlobMeta;
  /** The bytes from `start` up to, not including, `end`. Breaks if the key has been given another content since. */
  stream(start: number, end: number): Readable;
}

/** A content that is being written, readable from the first byte on. */
export interface Arrival {
  readonly meta: BlobMeta;
  /** Rejects with what broke the source, or `blobs-unwritable`; then nothing of it is kept. */
  readonly stored: Promise<StoredBlob>;
  /** As of {@link StoredBlob}; waits for bytes that are still to come. Without `end`: to the end, wherever that is. */
  stream(start: number, end?: number): Readable;
}

export interface BlobCache {
  /** What is stored under the key, whole; `undefined` if nothing is, or if it is damaged. */
  open(key: string): Promise<StoredBlob | undefined>;
  /** Stores the source's bytes in place of what was there; resolves when they would survive a power cut. */
  write(key: string, meta: BlobMeta, source: AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** As `write`, but resolves as soon as reading can begin. */
  receive(key: string, meta: BlobMeta, source: AsyncIterable<Uint8Array>): Promise<Arrival>;
}

/**
 * Content on disk. Each is one file, written beside its place, synced and renamed: a reader sees all of it or nothing.
 * What writers that are gone left half-written is removed here. Throws `blobs-unwritable`.
 */
export async function openBlobCache(options: { directory: string; clock: Clock }): Promise<BlobCache> {
  const { directory, clock } = options;
  const partial = join(directory, "partial");
  try {
    await mkdir(partial, { recursive: true });
    await removeLeftovers(partial, clock);
  } catch (thrown) {
    throw unwritable(directory, thrown);
  }
  const placeOf = (key: string) => {
    const digest = createHash("sha256").update(key).digest("hex");
    return join(directory, digest.slice(0, 2), digest.slice(2));
  };
  const receive = async (key: string, meta: BlobMeta, source: AsyncIterable<Uint8Array>) => {
    const name = `${process.pid}-${Buffer.from(clock.randomBytes(nameBytes)).toString("hex")}`;
    const draft = new Draft({ key, meta, temporary: join(partial, name), place: placeOf(key) });
    await draft.begin(source);
    return draft;
  };
  return {
    open: (key) => openStored(placeOf(key), key),
    receive,
    write: async (key, meta, source) => (await receive(key, meta, source)).stored,
  };
}

interface DraftOptions {
  readonly key: string;
  readonly meta: BlobMeta;
  readonly temporary: string;
  readonly place: string;
}

/** One content on its way into the cache. */
class Draft implements Arrival {
  readonly #options: DraftOptions;
  #written = 0;
  #state: "growing" | "whole" | { readonly broken: unknown } = "growing";
  #waiting: (() => void)[] = [];
  stored!: Promise<StoredBlob>;

  constructor(options: DraftOptions) {
    this.#options = options;
  }

  get meta(): BlobMeta {
    return this.#options.meta;
  }

  async begin(source: AsyncIterable<Uint8Array>): Promise<void> {
    const { temporary } = this.#options;
    const handle = await open(temporary, "wx").catch((thrown) => Promise.reject(unwritable(temporary, thrown)));
    this.stored = this.#fill(handle, source);
    // Who only follows the bytes hears of the failure there.
    this.stored.catch(() => {});
  }

  stream(start: number, end = Number.POSITIVE_INFINITY): Readable {
    const { temporary, place } = this.#options;
    const openHere = () => open(temporary).catch(() => open(place));
    return readableOf(readBytes(openHere, { start, end, available: (position) => this.#available(position) }));
  }

  async #fill(handle: FileHandle, source: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
    const { key, meta, place, temporary } = this.#options;
    try {
      for await (const chunk of source) {
        await this.#append(handle, chunk);
      }
      await publish(handle, { key, meta, sizeBytes: this.#written }, { temporary, place });
      this.#turn("whole");
    } catch (thrown) {
      this.#turn({ broken: thrown });
      await handle.close().catch(() => {});
      await rm(temporary, { force: true }).catch(() => {});
      throw thrown;
    }
    const blob = await openStored(place, key);
    return blob ?? Promise.reject(unwritable(place, new Error("it was gone at once")));
  }

  async #append(handle: FileHandle, chunk: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten;
    } catch (thrown) {
      throw unwritable(this.#options.place, thrown);
    }
    this.#written += chunk.length;
    this.#wake();
  }

  /** How far it can be read, waiting until that is beyond `position` or the end is known. */
  async #available(position: number): Promise<number> {
    while (this.#state === "growing" && this.#written <= position) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (typeof this.#state === "object") throw this.#state.broken;
    return this.#written;
  }

  #turn(state: "whole" | { readonly broken: unknown }): void {
    this.#state = state;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

/** Makes a finished draft the content of its key, so that it survives a power cut from here on. */
async function publish(
  handle: FileHandle,
  trailer: Trailer,
  { temporary, place }: { temporary: string; place: string },
): Promise<void> {
  try {
    await handle.write(sealTrailer(trailer));
    await handle.sync();
    await handle.close();
    await mkdir(dirname(place), { recursive: true });
    await rename(temporary, place);
    const folder = await open(dirname(place));
    await folder.sync().finally(() => folder.close());
  } catch (thrown) {
    throw unwritable(place, thrown);
  }
}

async function openStored(place: string, key: string): Promise<StoredBlob | undefined> {
  const handle = await open(place).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const trailer = await trailerIn(handle);
    if (!trailer || trailer.key !== key) return undefined;
    const identity = identityOf(await handle.stat({ bigint: true }));
    const { sizeBytes, meta } = trailer;
    const openSame = () => openUnchanged(place, identity);
    const stream = (start: number, end: number) =>
      readableOf(readBytes(openSame, { start, end: Math.min(end, sizeBytes), available: async () => sizeBytes }));
    return { sizeBytes, meta, stream };
  } finally {
    await handle.close();
  }
}

async function openUnchanged(place: string, identity: string): Promise<FileHandle> {
  const handle = await open(place);
  if (identityOf(await handle.stat({ bigint: true })) === identity) return handle;
  await handle.close();
  throw fail("blob-replaced", { file: place });
}

const identityOf = (file: { ino: bigint; mtimeNs: bigint; size: bigint }) => `${file.ino} ${file.mtimeNs} ${file.size}`;

interface Reading {
  readonly start: number;
  readonly end: number;
  /** How far the file goes; may wait until that is beyond the position. */
  available(position: number): Promise<number>;
}

const chunkBytes = 256 * 1024;
/** Of chance, in the name of a temporary file. */
const nameBytes = 8;

async function* readBytes(openFile: () => Promise<FileHandle>, reading: Reading): AsyncGenerator<Buffer> {
  const handle = await openFile();
  try {
    for (let position = reading.start; position < reading.end; ) {
      const count = Math.min((await reading.available(position)) - position, reading.end - position, chunkBytes);
      if (count <= 0) return;
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(count), 0, count, position);
      if (bytesRead === 0) throw new Error("a stored content became shorter while it was read");
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

const readableOf = (bytes: AsyncIterable<Buffer>) =>
  Readable.from(bytes, { objectMode: false, highWaterMark: chunkBytes });

/** Temporary names begin with the writer's process id: another provision may be at work in the same directory. */
async function removeLeftovers(partial: string, clock: Clock): Promise<void> {
  const startedMs = clock.now().getTime() - process.uptime() * 1000;
  for (const name of await readdir(partial)) {
    const pid = Number.parseInt(name, 10);
    const path = join(partial, name);
    const mine = pid === process.pid && ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) >= startedMs;
    if (!mine && !(pid !== process.pid && isAlive(pid))) await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}

const unwritable = (file: string, thrown: unknown) =>
  fail("blobs-unwritable", { file, reason: (thrown as Error).message }, { cause: thrown });
