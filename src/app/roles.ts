import { readFileSync } from "node:fs";
import { join } from "node:path";
import { roles } from "../../roles/list.ts";
import type { NodeView } from "../converge/role.ts";
import type { RoleRequest } from "../converge/role-request.ts";
import type { FileLoader, TemplateLoader } from "../converge/role-templates.ts";
import type { KnownRole } from "../inventory/checks/roles.ts";
import { findNode } from "../inventory/explain.ts";
import { assignedRoles, mergedParameters, placeOfParameter } from "../inventory/levels.ts";
import type { Path } from "../inventory/places.ts";
import { controllerUrl } from "./addresses.ts";
import { parseSettings } from "./settings.ts";
import type { LoadedSite } from "./site.ts";
import { programRoot } from "./templates.ts";

/** The roles as the inventory checks them. */
export const knownRoles: readonly KnownRole[] = roles;

/** A role's template file. */
export const roleTemplate: TemplateLoader = (role, name) =>
  readFileSync(join(programRoot, "roles", role, "templates", `${name}.ejs`), "utf8");

/** A file of a role's folder `files/`. */
export const roleFile: FileLoader = (role, name) => readFileSync(join(programRoot, "roles", role, "files", name));

/**
 * What all levels together want of a node: its roles in the order of the work, each with its parameters and their places.
 * @param set the command line's level: `varnish.port=80`
 * @throws `inventory-unknown-node`, `setting-invalid`
 */
export function roleRequestsOf(site: LoadedSite, name: string, set: readonly string[] = []): readonly RoleRequest[] {
  findNode(site.inventory, name);
  const roles = assignedRoles(site.levels(name));
  const settings = parseSettings(set, { node: name, assigned: roles.map((role) => role.name), known: knownRoles });
  return roles.map((assigned) => {
    const own = settings.filter(({ role }) => role === assigned.name);
    const byHand = Object.fromEntries(own.map(({ parameter, value }) => [parameter, value]));
    const settingAt = (path: Path) => own.findLast(({ parameter }) => parameter === path[0]);
    return {
      role: assigned.name,
      parameters: { ...mergedParameters(assigned), ...byHand },
      place: (path) => settingAt(path)?.place ?? placeOfParameter(assigned, path),
    };
  });
}

/** What a role may know of the node. */
export function nodeViewOf({ inventory }: LoadedSite, name: string): NodeView {
  const { site } = inventory;
  const { node, profile } = findNode(inventory, name);
  const packages = `${controllerUrl(site, node)}/packages`;
  return {
    name,
    domain: site.domain,
    address: node.interfaces[0]?.address ?? "",
    os: profile.os,
    timezone: profile.timezone,
    operators: site.operators,
    repositories: profile.repositories.map((one) => ({ ...one, url: `${packages}/${one.name}` })),
  };
}
