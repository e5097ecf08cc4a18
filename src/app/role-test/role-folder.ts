import { existsSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AnyRole } from "../../converge/role.ts";
import { ProvisionError } from "../../errors.ts";
import { programRoot } from "../templates.ts";
import { fail } from "./errors.ts";
import { offerEngine } from "./imports.ts";

/** A role with its files, wherever it lies. */
export interface RoleFolder {
  readonly role: AnyRole;
  /** Absolute. */
  readonly folder: string;
  template(name: string): string;
  file(name: string): Uint8Array;
}

/** Loads PATH/role.ts. @throws `role-folder-missing`, `role-broken`, `role-not-exported` */
export async function loadRole(path: string): Promise<RoleFolder> {
  const folder = resolve(path);
  const file = join(folder, "role.ts");
  if (!existsSync(file)) throw fail("role-folder-missing", { folder: path });
  if (relative(programRoot, folder).startsWith("..")) offerEngine();
  const name = basename(folder);
  const role = Object.values(await load(file)).find((value): value is AnyRole => isRole(value) && value.name === name);
  if (!role) throw fail("role-not-exported", { file, name });
  return {
    role,
    folder,
    template: (template) => readFileSync(join(folder, "templates", `${template}.ejs`), "utf8"),
    file: (wanted) => readFileSync(join(folder, "files", wanted)),
  };
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof ProvisionError) throw cause;
    throw fail("role-broken", { file, reason: (cause as Error).message }, { cause });
  }
}

const isRole = (value: unknown): value is AnyRole =>
  typeof value === "object" && value !== null && "resources" in value && "parameters" in value && "name" in value;
