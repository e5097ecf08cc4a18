import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";

const start = join(import.meta.dirname, "../../bin/start.ts");

/** Runs the command line with this cache; tells what it kept there. */
function keptIn(cache: string): readonly string[] {
  const environment = { ...process.env, PROVISION_CACHE_DIR: cache };
  const argv = ["--disable-warning=ExperimentalWarning", start, "--version"];
  execFileSync(process.execPath, argv, { env: environment });
  return readdirSync(join(cache, "compiled"));
}

const places: readonly (readonly [string, number | undefined, boolean])[] = [
  ["a folder that isn't there is made for its owner alone", undefined, true],
  ["a folder of ours is used", 0o700, true],
  ["a folder that others can write is not used: what lies there would be run", 0o777, false],
];

for (const [says, mode, used] of places) {
  test(says, (t) => {
    const cache = mkdtempSync(join(tmpdir(), "provision-compiled-"));
    t.teardown(() => rmSync(cache, { recursive: true, force: true }));
    const folder = join(cache, "compiled");
    if (mode !== undefined) {
      mkdirSync(folder);
      chmodSync(folder, mode);
    }
    t.is(keptIn(cache).length > 0, used);
    if (mode === undefined) t.is(statSync(folder).mode & 0o777, 0o700);
  });
}
