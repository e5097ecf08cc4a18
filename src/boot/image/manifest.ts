import { z } from "zod";

const file = z.object({
  sizeBytes: z.int(),
  sha256: z.string(),
  blake2b256: z.string(),
  /** Fast on emulated processors, see the deploy script. */
  xxh64: z.string(),
});

/** What a built image says of itself: manifest.json beside its files. */
export const manifestSchema = z.object({
  format: z.literal(1),
  /** The folder's name. */
  digest: z.string(),
  /** Of the recipe alone: images of one recipe differ in their packages' versions. */
  recipe: z.string(),
  name: z.string(),
  kernel: z.enum(["cloud", "generic"]),
  kernelVersion: z.string(),
  builtAt: z.string(),
  buildSeconds: z.number(),
  files: z.object({ vmlinuz: file, "ramdisk.cpio": file, "root.img": file }),
  packages: z.record(z.string(), z.string()),
});

export type ImageManifest = z.output<typeof manifestSchema>;
type ImageFile = z.output<typeof file>;

/** What the recipe's last step prints: `file NAME SIZE SHA256 BLAKE2 XXH64`, `kernel VERSION`, `package NAME VERSION`. */
export function readFacts(text: string): Pick<ImageManifest, "files" | "kernelVersion" | "packages"> {
  const files: Record<string, ImageFile> = {};
  const packages: Record<string, string> = {};
  let kernelVersion = "";
  for (const line of text.split("\n")) {
    const [kind, name = "", size = "", sha256 = "", blake2b256 = "", xxh64 = ""] = line.split(" ");
    if (kind === "file") files[name] = { sizeBytes: Number(size), sha256, blake2b256, xxh64 };
    if (kind === "package") packages[name] = size;
    if (kind === "kernel") kernelVersion = name;
  }
  return { files: manifestSchema.shape.files.parse(files), kernelVersion, packages };
}

/** Undefined for anything that isn't a manifest of ours, such as one of an older format. */
export function parseManifest(text: string): ImageManifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
