import { type BuiltImage, findImage } from "../boot/image/build.ts";
import { imageRecipe } from "../boot/image/image.ts";
import type { Recipe } from "../boot/image/recipe.ts";
import type { Answer } from "../http/server.ts";
import type { Inventory } from "../inventory/schema.ts";
import type { Shell } from "../transport/shell.ts";
import { controllerUrlNear } from "./addresses.ts";
import { fail } from "./errors.ts";
import { fileContent } from "./file-content.ts";
import type { Paths } from "./paths.ts";
import { type Repositories, repositoriesOf } from "./repositories.ts";
import { templateText } from "./templates.ts";

/** Everything of an image is served below its digest: what is fetched once never changes. */
export const imageUrl = (controllerUrl: string, { digest }: Pick<BuiltImage, "digest">) =>
  `${controllerUrl}/images/${digest}`;

/**
 * How a profile's image is made.
 * @throws `profile-unknown`, `profile-without-archives`, `archive-unknown`, `image-os-unsupported`
 */
export function recipeOf(inventory: Inventory, name: string, offered: Repositories): Recipe {
  const profile = inventory.profiles.get(name);
  if (!profile) throw fail("profile-unknown", { profile: name, known: [...inventory.profiles.keys()] });
  if (profile.repositories.length === 0) throw fail("profile-without-archives", { profile: name });
  const archives = profile.repositories.map((wanted) => {
    const upstream = offered[wanted.name]?.upstream;
    if (!upstream) throw fail("archive-unknown", { profile: name, archive: wanted.name, known: Object.keys(offered) });
    return { ...wanted, upstream };
  });
  const [init, report, udhcpc] = ["init", "report.sh", "udhcpc"].map((file) => templateText(`deploy/${file}`));
  const ramdisk = { init: init as string, report: report as string, udhcpc: udhcpc as string };
  const packagesUrl = `${controllerUrlNear(inventory.site, undefined)}/packages`;
  return imageRecipe(profile, { kernel: profile.os.kernel, archives, ramdisk, packagesUrl });
}

export interface ImageSource {
  readonly inventory: Inventory;
  readonly paths: Paths;
  /** On the controller. */
  readonly shell: Shell;
}

/**
 * The newest built image of a profile as it is now; undefined if there is none.
 * @throws as {@link recipeOf} does
 */
export async function findProfileImage(source: ImageSource, profile: string): Promise<BuiltImage | undefined> {
  const { inventory, paths, shell } = source;
  const recipe = recipeOf(inventory, profile, await repositoriesOf(inventory.site, shell));
  return findImage({ recipe, shell, cacheDir: paths.cache });
}

/** @throws `image-missing` */
export async function profileImage(source: ImageSource, profile: string): Promise<BuiltImage> {
  const image = await findProfileImage(source, profile);
  if (!image) throw fail("image-missing", { profile });
  return image;
}

const served = ["vmlinuz", "ramdisk.cpio", "root.img"];

/** GET /images/DIGEST/FILE */
export function imageFiles(paths: Paths): Answer {
  return async ({ method, path }) => {
    const [, , digest = "", file = "", ...more] = path.split("/");
    const known = /^[0-9a-f]{64}$/.test(digest) && served.includes(file) && more.length === 0;
    if (!known || (method !== "GET" && method !== "HEAD")) return undefined;
    const content = await fileContent(`${paths.cache}/images/${digest}/${file}`, digest);
    return content && { status: 200, headers: { "cache-control": "immutable" }, body: content };
  };
}
