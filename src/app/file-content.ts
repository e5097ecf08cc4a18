import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Content } from "../http/server.ts";

/** A file as the HTTP server hands it out, by ranges; undefined if there is none. */
export async function fileContent(path: string, tag: string): Promise<Content | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  return {
    sizeBytes: found.size,
    contentType: "application/octet-stream",
    etag: `"${tag}"`,
    stream: (start, end) => (end > start ? createReadStream(path, { start, end: end - 1 }) : Readable.from([])),
  };
}
