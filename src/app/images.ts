import { readFile } from "node:fs/promises";
import type { Answer } from "../http/server.ts";
import type { Inventory } from "../inventory/schema.ts";
import { fail } from "./errors.ts";
import { fileContent } from "./file-content.ts";
import type { Paths } from "./paths.ts";

/** A built image in the cache. */
export interface InstalledImage {
  readonly digest: string;
  readonly builtAt: string;
  readonly kernel: "cloud" | "generic";
  readonly root: {
    readonly sizeBytes: number;
    readonly digests: { readonly blake2b256: string; readonly xxh64: string };
  };
}

/** Everything of an image is served below its digest: what is fetched once never changes. */
export const imageUrl = (controllerUrl: string, { digest }: InstalledImage) => `${controllerUrl}/images/${digest}`;

export async function findImage(profile: string, paths: Paths): Promise<InstalledImage | undefined> {
  const text = await readFile(`${paths.cache}/images/${profile}.json`, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as InstalledImage);
}

/** @throws `image-missing` */
export async function imageOf(_inventory: Inventory, profile: string, paths: Paths): Promise<InstalledImage> {
  const image = await findImage(profile, paths);
  if (!image) throw fail("image-missing", { profile });
  return image;
}

const files = ["vmlinuz", "ramdisk.cpio", "root.img"];

/** GET /images/DIGEST/FILE */
export function imageFiles(paths: Paths): Answer {
  return async ({ method, path }) => {
    const [, , digest = "", file = "", ...more] = path.split("/");
    const known = /^[0-9a-f]{64}$/.test(digest) && files.includes(file) && more.length === 0;
    if (!known || (method !== "GET" && method !== "HEAD")) return undefined;
    const content = await fileContent(`${paths.cache}/images/${digest}/${file}`, digest);
    return content && { status: 200, headers: { "cache-control": "immutable" }, body: content };
  };
}
