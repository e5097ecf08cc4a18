import { realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import type { Answer } from "../http/server.ts";
import { findNode } from "../inventory/explain.ts";
import type { Inventory, Site } from "../inventory/schema.ts";
import { fail } from "./errors.ts";
import { fileContent } from "./file-content.ts";

const prefix = "/installers/";

/**
 * The file behind /installers/NAME/…, below the folder that the site gives NAME; undefined if there is none. A link is
 * followed only to where the folder holds it itself: nothing beside the folder can be reached.
 */
export async function installerFile({ installers }: Pick<Site, "installers">, path: string) {
  const [name = "", ...parts] = path.slice(prefix.length).split("/");
  if (!path.startsWith(prefix) || !Object.hasOwn(installers, name)) return undefined;
  if (parts.length === 0 || parts.some((part) => part === "" || part === "." || part === "..")) return undefined;
  const folder = await realpath(installers[name] as string).catch(() => undefined);
  const file = folder && (await realpath(`${folder}/${parts.join("/")}`).catch(() => undefined));
  if (!file?.startsWith(`${folder}${sep}`)) return undefined;
  const { size, mtimeMs } = await stat(file);
  return fileContent(file, `${size}-${mtimeMs}`);
}

/** GET /installers/NAME/FILE: what distributions' own installers start from. */
export function installerFiles(site: Pick<Site, "installers">): Answer {
  return async ({ method, path }) => {
    if (method !== "GET" && method !== "HEAD") return undefined;
    const body = await installerFile(site, path);
    return body && { status: 200, body };
  };
}

/**
 * Are the files of the node's installer there, as far as this controller has them itself?
 * @throws `installer-missing`
 */
export async function checkInstaller(inventory: Inventory, name: string): Promise<void> {
  const { node, profile } = findNode(inventory, name);
  if (profile.method === "image") return;
  const { kernel, initrd, image } = profile.installer ?? {};
  for (const path of [kernel, initrd, image]) {
    if (!path?.startsWith(prefix) || (await installerFile(inventory.site, path))) continue;
    throw fail("installer-missing", { profile: node.profile, path });
  }
}
