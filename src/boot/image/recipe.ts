import { createHash } from "node:crypto";
import type { Kernel } from "./early.ts";

/** A file that a recipe's scripts find in their working folder. */
export interface RecipeFile {
  /** Relative to the working folder. */
  readonly path: string;
  readonly executable: boolean;
  readonly text: string;
}

export interface RecipeStep {
  readonly name: string;
  /** What it does, for people who wait. */
  readonly title: string;
  /** POSIX sh, run with `set -eu` in an empty working folder that the steps share; results go to `out/`. */
  readonly script: string;
  /** On two quiet cores. */
  readonly usualSeconds: number;
}

/** How something is made: pure data. The same recipe on the same package archive makes the same thing. */
export interface Recipe {
  readonly name: string;
  readonly files: readonly RecipeFile[];
  readonly steps: readonly RecipeStep[];
  /** What the archive's indices are asked for, so that a change in them makes a new image. */
  readonly archives: readonly Archive[];
  /** For the manifest and the deploy script. */
  readonly kernel: Kernel;
}

/** One line of sources.list; `name` is the repository's name under the controller's /packages/. */
export interface Archive {
  readonly name: string;
  /** As the controller reaches it. */
  readonly upstream: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** A recipe's identity: 64 hex digits over everything that steers the result. Titles and times don't. */
export function recipeDigest(recipe: Recipe): string {
  const steps = recipe.steps.map(({ name, script }) => ({ name, script }));
  return sha256(canonical({ name: recipe.name, files: recipe.files, steps, archives: recipe.archives }));
}

/** What an image is kept under: the recipe, and the state of the package archive (any text that changes with it). */
export const imageDigest = (recipe: Recipe, indexIdentity: string): string =>
  sha256(`${recipeDigest(recipe)}\n${indexIdentity}`);

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** JSON whose keys are in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
