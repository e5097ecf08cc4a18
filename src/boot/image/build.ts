import { createHash } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { quoteSh } from "../../transport/quote.ts";
import type { Shell } from "../../transport/shell.ts";
import { fail } from "./errors.ts";
import { type ImageManifest, parseManifest, readFacts } from "./manifest.ts";
import { imageDigest, type Recipe, type RecipeStep, recipeDigest } from "./recipe.ts";

export interface BuiltImage {
  /** The image's name: 64 hex digits. */
  readonly digest: string;
  /** Holds vmlinuz, ramdisk.cpio, root.img, manifest.json. */
  readonly folder: string;
  readonly manifest: ImageManifest;
}

export type BuildEvent =
  | { readonly kind: "cached"; readonly digest: string }
  | {
      readonly kind: "step";
      readonly step: RecipeStep;
      readonly index: number;
      readonly count: number;
    }
  | { readonly kind: "line"; readonly text: string };

export interface BuildOptions {
  readonly recipe: Recipe;
  /** Root on this machine. */
  readonly shell: Shell;
  /** Images are kept in its folder `images`. */
  readonly cacheDir: string;
  /**
   * `any`: an image of this recipe will do, whatever the archive has had since (nothing is fetched then).
   * `current`: it must be made from the archive's present indices, and its files be as they were built.
   */
  readonly freshness: "any" | "current";
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: BuildEvent) => void;
}

/** The newest image of this recipe in the cache, if there is one. */
export async function findImage({ recipe, shell, cacheDir }: Pick<BuildOptions, "recipe" | "shell" | "cacheDir">) {
  const wanted = recipeDigest(recipe);
  const images = await listImages(shell, cacheDir);
  return images.find(({ manifest }) => manifest.recipe === wanted);
}

/** Every image in the cache, newest first. */
export async function listImages(shell: Shell, cacheDir: string): Promise<readonly BuiltImage[]> {
  const script = `for file in ${quoteSh(cacheDir)}/images/*/manifest.json; do [ ! -e "$file" ] || { cat "$file"; echo; }; done`;
  const { stdout } = await shell.run({ script });
  return stdout
    .split("\n")
    .map(parseManifest)
    .filter((manifest) => manifest !== undefined)
    .map((manifest) => ({ digest: manifest.digest, folder: `${cacheDir}/images/${manifest.digest}`, manifest }))
    .sort((a, b) => b.manifest.builtAt.localeCompare(a.manifest.builtAt));
}

/**
 * The image of a recipe: from the cache, or made now (minutes). It is made beside its place and renamed, so that what is
 * there is whole. Throws `image-build-failed`, `archive-unreachable`, or the signal's reason.
 */
export async function buildImage(options: BuildOptions): Promise<BuiltImage> {
  const { recipe, shell, cacheDir, freshness } = options;
  const found = freshness === "any" ? await findImage(options) : undefined;
  if (found) return cached(options, found);
  const digest = imageDigest(recipe, await readIndexIdentity(options));
  const same = (await listImages(shell, cacheDir)).find((image) => image.digest === digest);
  if (same && (await isWhole(shell, same))) return cached(options, same);
  if (same) await shell.run({ argv: ["rm", "-rf", "--one-file-system", same.folder] });
  return make(options, digest);
}

/** Are its files still what was built? Seconds, so it is only looked at when somebody asks for a build. */
async function isWhole(shell: Shell, { folder, manifest }: BuiltImage): Promise<boolean> {
  const list = Object.entries(manifest.files).map(([name, { sha256 }]) => `${sha256}  ${name}\n`);
  const argv = ["sha256sum", "--check", "--status", "--strict"];
  return (await shell.run({ argv }, { cwd: folder, stdin: list.join("") })).exitCode === 0;
}

function cached({ onEvent }: BuildOptions, image: BuiltImage): BuiltImage {
  onEvent?.({ kind: "cached", digest: image.digest });
  return image;
}

/** A text that changes when the archives offer something else: the digests that their Release files give to the package lists. */
async function readIndexIdentity({ recipe, shell, signal }: BuildOptions): Promise<string> {
  const fetches = recipe.archives.map(({ upstream, suite, components }) => {
    const url = `${upstream.replace(/\/+$/, "")}/dists/${suite}/InRelease`;
    const lists = components.map((each) => `${each}/binary-amd64/Packages`).join("|");
    const pattern = quoteSh(`^ [0-9a-f]{64} +[0-9]+ (${lists})$`);
    return `rm -f index; $helper download-file ${quoteSh(url)} index >/dev/null; grep -E ${pattern} index`;
  });
  const script = `set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
helper='/usr/lib/apt/apt-helper -o Acquire::http::Timeout=20 -o Acquire::Retries=1'
${fetches.join("\n")}`;
  const result = await shell.run({ script }, { timeoutMs: 120_000, ...(signal && { signal }) });
  if (result.exitCode !== 0) throw fail("archive-unreachable", { said: lastWords(result.stderr) });
  return createHash("sha256").update(result.stdout).digest("hex");
}

const lastWords = (text: string) => text.trim().split("\n").at(-1)?.trim() || "it said nothing";

async function make(options: BuildOptions, digest: string): Promise<BuiltImage> {
  const { recipe, shell, cacheDir, clock, log } = options;
  const started = clock.monotonicMs();
  const folder = await prepare(options);
  try {
    const facts = readFacts(await runSteps(options, folder));
    const buildSeconds = Math.round(clock.monotonicMs() - started) / 1000;
    const { name, kernel } = recipe;
    const about = { digest, recipe: recipeDigest(recipe), name, kernel, builtAt: clock.now().toISOString() };
    const manifest: ImageManifest = { format: 1, ...about, buildSeconds, ...facts };
    await keep(shell, { folder, place: `${cacheDir}/images/${digest}`, manifest });
    log.info("an image was made", { image: digest, seconds: buildSeconds });
    return { digest, folder: `${cacheDir}/images/${digest}`, manifest };
  } finally {
    await shell.run({ argv: ["rm", "-rf", "--one-file-system", folder] });
  }
}

/** A working folder in the cache's own file system, with the recipe's files. What killed builds left a day ago goes away. */
async function prepare({ recipe, shell, cacheDir }: BuildOptions): Promise<string> {
  const script = `set -eu
mkdir -p ${quoteSh(cacheDir)}/images
find ${quoteSh(cacheDir)}/images -maxdepth 1 -name '.making-*' -mmin +1440 -exec rm -rf --one-file-system {} +
mktemp -d ${quoteSh(cacheDir)}/images/.making-XXXXXX`;
  const made = await shell.run({ script });
  if (made.exitCode !== 0)
    throw fail("image-build-failed", { step: "prepare", exitCode: made.exitCode ?? "a signal", said: made.stderr });
  const folder = made.stdout.trim();
  const write = recipe.files.map(({ path, executable, text }) => {
    const place = quoteSh(`${folder}/${path}`);
    return `mkdir -p "$(dirname ${place})"\nprintf %s ${quoteSh(text)} >${place}\nchmod ${executable ? 755 : 644} ${place}\n`;
  });
  await shell.run({ script: `set -eu\nmkdir -p ${quoteSh(folder)}/out\n${write.join("")}` });
  return folder;
}

/** Runs all steps, each in a mount namespace of its own, so that even a killed one leaves nothing mounted. Returns the last one's words. */
async function runSteps(options: BuildOptions, cwd: string): Promise<string> {
  const { recipe, shell, signal, onEvent } = options;
  const count = recipe.steps.length;
  let said = "";
  for (const [index, step] of recipe.steps.entries()) {
    onEvent?.({ kind: "step", step, index, count });
    const argv = ["unshare", "--mount", "--propagation", "private", "sh", "-s"];
    const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
    const onStderrLine = (text: string) => onEvent?.({ kind: "line", text });
    const stdin = `set -eu\n${step.script}`;
    const result = await shell.run({ argv }, { stdin, cwd, environment, onStderrLine, ...(signal && { signal }) });
    if (result.exitCode !== 0) {
      const exitCode = result.exitCode ?? result.signal ?? "a signal";
      throw fail("image-build-failed", { step: step.title, exitCode, said: lastWords(result.stderr) });
    }
    said = result.stdout;
  }
  return said;
}

interface Kept {
  readonly folder: string;
  readonly place: string;
  readonly manifest: ImageManifest;
}

/** All there, on the disk, and only then under its name. Another build may have been faster: its result is as good. */
async function keep(shell: Shell, { folder, place, manifest }: Kept): Promise<void> {
  const script = `set -eu
cd ${quoteSh(folder)}
cat >out/manifest.json
sync -f out
mv -T out ${quoteSh(place)} 2>/dev/null || [ -e ${quoteSh(place)}/manifest.json ]`;
  const result = await shell.run({ script }, { stdin: JSON.stringify(manifest) });
  if (result.exitCode !== 0)
    throw fail("image-build-failed", { step: "keep", exitCode: result.exitCode ?? "a signal", said: result.stderr });
}
