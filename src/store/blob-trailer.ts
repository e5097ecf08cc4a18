import type { FileHandle } from "node:fs/promises";

/**
 * What a stored content ends with, so that one rename publishes both: | content | JSON | its length, u32 | magic, 8 |
 */
export interface Trailer {
  readonly key: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
}

const magic = Buffer.from("provblb1", "latin1");
const footBytes = 4 + magic.length;

export function sealTrailer(trailer: Trailer): Uint8Array {
  const text = Buffer.from(JSON.stringify(trailer));
  const foot = Buffer.alloc(4);
  foot.writeUInt32BE(text.length);
  return Buffer.concat([text, foot, magic]);
}

/** `undefined` if the file doesn't end as it should: cut short, or not one of ours. */
export async function trailerIn(handle: FileHandle): Promise<Trailer | undefined> {
  const { size } = await handle.stat();
  const foot = await bytesAt(handle, size - footBytes, footBytes);
  if (!foot?.subarray(4).equals(magic)) return undefined;
  const textBytes = foot.readUInt32BE(0);
  const text = await bytesAt(handle, size - footBytes - textBytes, textBytes);
  const trailer = text && parse(text);
  return trailer?.sizeBytes === size - footBytes - textBytes ? trailer : undefined;
}

async function bytesAt(handle: FileHandle, position: number, count: number): Promise<Buffer | undefined> {
  if (position < 0) return undefined;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(count), 0, count, position);
  return bytesRead === count ? buffer : undefined;
}

function parse(text: Buffer): Trailer | undefined {
  try {
    return JSON.parse(text.toString()) as Trailer;
  } catch {
    return undefined;
  }
}
