import type { Clock } from "../clock.ts";
import { fetchHttp } from "../http/client.ts";
import { createPackageArchive } from "../http/packages.ts";
import type { Answer } from "../http/server.ts";
import type { Site } from "../inventory/schema.ts";
import type { Log } from "../log.ts";
import { openBlobCache } from "../store/blobs.ts";
import type { Shell } from "../transport/shell.ts";
import { imageFiles } from "./images.ts";
import { installerFiles } from "./installers.ts";
import type { Paths } from "./paths.ts";
import { repositoriesOf } from "./repositories.ts";

export interface ContentsOptions {
  readonly site: Site;
  readonly paths: Paths;
  readonly shell: Shell;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the HTTP server hands out beside /boot/: images by digest, installers' folders, packages through the cache. */
export async function contents({ site, paths, shell, clock, log }: ContentsOptions): Promise<Answer> {
  const packages = createPackageArchive({
    repositories: await repositoriesOf(site, shell),
    ...(site.packages.via ? { via: site.packages.via } : {}),
    cache: await openBlobCache({ directory: `${paths.cache}/packages`, clock }),
    fetch: fetchHttp,
    log,
  });
  const images = imageFiles(paths);
  const installers = installerFiles(site);
  return async (request) => {
    if (request.path.startsWith("/images/")) return images(request);
    if (request.path.startsWith("/installers/")) return installers(request);
    return request.path.startsWith("/packages/") ? packages(request) : undefined;
  };
}
