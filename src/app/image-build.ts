import { type BuildEvent, type BuiltImage, buildImage } from "../boot/image/build.ts";
import { createLocalShell } from "../transport/local.ts";
import { fail } from "./errors.ts";
import { findProfileImage, recipeOf } from "./images.ts";
import { sitePaths } from "./paths.ts";
import { repositoriesOf } from "./repositories.ts";
import { ensureRequirements } from "./requirements.ts";
import { readSite } from "./site.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ImageRequest {
  readonly profile: string;
  /** Ask the archives whether there is something newer; otherwise any image of the profile as it is now will do. */
  readonly fresh: boolean;
}

/**
 * A profile's image: from the cache, or built now.
 * @throws `root-needed`, what {@link ensureRequirements} and {@link buildImage} throw
 */
export async function buildProfileImage(
  around: Surroundings,
  { profile, fresh }: ImageRequest,
): Promise<{ readonly image: BuiltImage; readonly made: boolean }> {
  const { clock, log, isRoot, say } = around;
  const { inventory } = readSite(around.inventoryFolder);
  const paths = sitePaths(inventory.site.name, around.environment);
  const shell = createLocalShell({ clock });
  const present = await findProfileImage({ inventory, paths, shell }, profile);
  if (present && !fresh) return { image: present, made: false };
  if (!isRoot) throw fail("root-needed", { what: "Building an image", command: `provision image build ${profile}` });
  await ensureRequirements(["image"], { shell, isRoot, say });
  const recipe = recipeOf(inventory, profile, await repositoriesOf(inventory.site, shell));
  say(`Building the image of ${profile}: ${recipe.name}; about ${totalSeconds(recipe.steps)} s on two cores, once`);
  const onEvent = (event: BuildEvent) => tell(event, say);
  const freshness = fresh ? "current" : "any";
  const image = await buildImage({ recipe, shell, cacheDir: paths.cache, freshness, clock, log, onEvent });
  return { image, made: image.digest !== present?.digest };
}

const totalSeconds = (steps: readonly { readonly usualSeconds: number }[]) =>
  steps.reduce((sum, step) => sum + step.usualSeconds, 0);

function tell(event: BuildEvent, say: (line: string) => void): void {
  if (event.kind === "step") say(`  ${event.index + 1}/${event.count} ${event.step.title}`);
}
