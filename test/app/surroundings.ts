import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { Surroundings } from "../../src/app/surroundings.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";

/** Folders of the test's own for everything that a site keeps. */
export function environmentFor(t: ExecutionContext): Readonly<Record<string, string>> {
  const root = mkdtempSync(join(tmpdir(), "app-"));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const [state, cache, run] = ["state", "cache", "run"].map((name) => join(root, name)) as [string, string, string];
  return { PROVISION_STATE_DIR: state, PROVISION_CACHE_DIR: cache, PROVISION_RUN_DIR: run };
}

/** A process that serves the site in this folder, as an ordinary user unless said otherwise. */
export function surroundings(t: ExecutionContext, inventoryFolder: string, isRoot = false): Surroundings {
  const environment = environmentFor(t);
  return { inventoryFolder, environment, isRoot, clock: systemClock, log: silentLog, say: () => {} };
}
