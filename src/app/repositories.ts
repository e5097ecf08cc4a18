import type { Site } from "../inventory/schema.ts";
import type { Shell } from "../transport/shell.ts";
import { fail } from "./errors.ts";

/** Package archives by the name under which nodes reach them: /packages/NAME/. */
export type Repositories = Readonly<Record<string, { readonly upstream: string }>>;

/**
 * The archives of the site, or else those that the controller's own apt uses: `debian`, `debian-security`, named by the
 * last part of their address.
 * @throws `no-repositories` when neither says anything
 */
export async function repositoriesOf(site: Site, shell: Shell): Promise<Repositories> {
  if (site.packages.repositories) return site.packages.repositories;
  const targets = await shell.run({ argv: ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)"] });
  const found = parseIndexTargets(targets.stdout);
  if (Object.keys(found).length === 0)
    throw fail("no-repositories", { reason: targets.stderr.trim() || "apt has none" });
  return found;
}

/** Lines of `origin|address`; only Debian's own archives, since others are the controller's private affair. */
export function parseIndexTargets(text: string): Repositories {
  const debian = text.split("\n").flatMap((line) => {
    const [origin, address = ""] = line.split("|");
    return origin === "Debian" && /^https?:/.test(address) ? [address.replace(/\/$/, "")] : [];
  });
  return Object.fromEntries(debian.map((upstream) => [upstream.split("/").at(-1) as string, { upstream }]));
}
