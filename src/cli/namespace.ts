import { readSite } from "../app/site.ts";
import { becomeInNamespace, namespaceExists } from "../transport/namespace.ts";
import type { Terminal } from "./command.ts";
import { fail } from "./errors.ts";

/**
 * Goes on inside the site's network namespace, if it names one. An invalid inventory is left to the command to report.
 * @throws `namespace-missing`, `command-needs-root`
 */
export function enterSiteNamespace(options: { inventoryFolder: string; terminal: Terminal }): void {
  const name = namespaceOf(options.inventoryFolder);
  if (name === undefined) return;
  const { isRoot, commandLineAsRoot: command, environment } = options.terminal;
  if (!isRoot) throw fail("command-needs-root", { why: `it enters the network namespace ${name}`, command });
  if (!namespaceExists(name)) throw fail("namespace-missing", { name });
  becomeInNamespace(name, environment);
}

function namespaceOf(folder: string): string | undefined {
  try {
    return readSite(folder).inventory.site.controller.namespace;
  } catch {
    return undefined;
  }
}
