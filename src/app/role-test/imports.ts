import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { programRoot } from "../templates.ts";

const own = pathToFileURL(`${programRoot}/`).href;
const engine = pathToFileURL(`${join(programRoot, "src/converge")}/`).href;

/**
 * What a role outside of this checkout imports, as this program has it: `provision/role.ts`, `provision/resources/file.ts`
 * (all of src/converge), and `zod`. Until the process ends.
 */
export function offerEngine(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      if (context.parentURL?.startsWith(own) && !specifier.startsWith("file:")) return next(specifier, context);
      const file = /^provision\/(.+)$/.exec(specifier)?.[1];
      if (file !== undefined) return next(new URL(file, engine).href, context);
      if (specifier === "zod") return next(specifier, { ...context, parentURL: own });
      const found = next(specifier, context);
      // Without a package.json beside it Node would have to guess, and says so.
      const isOutside = found.url.startsWith("file:") && found.url.endsWith(".ts") && !found.url.startsWith(own);
      return isOutside ? { ...found, format: "module-typescript" } : found;
    },
  });
}
