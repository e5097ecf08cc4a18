import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { systemClock } from "../../src/clock.ts";
import { type Catalogue, compileCatalogue } from "../../src/converge/catalogue.ts";
import type { Resource } from "../../src/converge/resource.ts";
import { defineRole, type NodeView } from "../../src/converge/role.ts";
import { createLocalShell } from "../../src/transport/local.ts";
import type { Shell } from "../../src/transport/shell.ts";

export interface Scratch {
  readonly folder: string;
  readonly path: (name: string) => string;
  readonly shell: CountingShell;
  remove(): void;
}

export interface CountingShell extends Shell {
  readonly scripts: string[];
}

/** This machine, with an engine's state of its own, and a folder to play in. The engine's tests need root, as it does. */
export function makeScratch(interpreter: readonly string[] = ["sh"]): Scratch {
  const folder = mkdtempSync(join(tmpdir(), "provision-converge-"));
  const local = createLocalShell({ clock: systemClock });
  const scripts: string[] = [];
  const shell: CountingShell = {
    name: "local",
    scripts,
    close: local.close,
    run: (command, options = {}) => {
      const script = "script" in command ? command.script : command.argv.join(" ");
      scripts.push(script);
      const environment = { ...options.environment, PROVISION_NODE_STATE: join(folder, "state") };
      return local.run({ argv: [...interpreter, "-s"] }, { ...options, stdin: script, environment });
    },
  };
  return {
    folder,
    path: (name) => join(folder, name),
    shell,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const testNode: NodeView = {
  name: "web01",
  domain: "rack.test",
  address: "192.0.2.11",
  os: { family: "debian", codename: "bookworm" },
  timezone: "UTC",
  operators: [],
  repositories: [],
};

/** A catalogue of one role that declares just these. */
export function catalogueOf(resources: readonly Resource[], template = ""): Catalogue {
  const role = defineRole({ name: "trial", parameters: z.strictObject({}), resources: () => resources });
  return compileCatalogue({
    node: testNode,
    requests: [{ role: "trial", parameters: {} }],
    roles: [role],
    loadTemplate: () => template,
  });
}
