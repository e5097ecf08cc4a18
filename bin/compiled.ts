import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Node keeps what it compiled, and strips no types twice. What lies there is run by the next command: so never in the
 * shared /tmp that Node would take, and only in a folder that is ours and that nobody else can write.
 */
export function keepCompiled(environment: Environment): void {
  const folder = folderFor(environment);
  if (folder === undefined) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
    if (isOurs) enableCompileCache(folder);
  } catch {
    // A read-only system starts a little slower.
  }
}

function folderFor({
  PROVISION_CACHE_DIR: chosen,
  XDG_CACHE_HOME: shared,
  HOME: home,
}: Environment): string | undefined {
  if (chosen) return join(chosen, "compiled");
  if (process.getuid?.() === 0) return "/var/cache/provision/compiled";
  const caches = shared ?? (home ? join(home, ".cache") : undefined);
  return caches ? join(caches, "provision/compiled") : undefined;
}
