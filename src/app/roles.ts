import { readFileSync } from "node:fs";
import { join } from "node:path";
import { roles } from "../../roles/list.ts";
import type { NodeView } from "../converge/role.ts";
import type { RoleRequest } from "../converge/role-request.ts";
import type { FileLoader, TemplateLoader } from "../converge/role-templates.ts";
import type { KnownRole } from "../inventory/checks/roles.ts";
import { findNode } from "../inventory/explain.ts";
import { schemaIssues } from "../inventory/issues.ts";
import { controllerUrl } from "./addresses.ts";
import type { LoadedSite } from "./site.ts";
import { programRoot } from "./templates.ts";

/** The roles as the inventory checks them. */
export const knownRoles: readonly KnownRole[] = roles.map(({ name, parameters }) => ({
  name,
  check: (given) => schemaIssues(parameters, given),
}));

/** A role's template file. */
export const roleTemplate: TemplateLoader = (role, name) =>
  readFileSync(join(programRoot, "roles", role, "templates", `${name}.ejs`), "utf8");

/** A file of a role's folder `files/`. */
export const roleFile: FileLoader = (role, name) => readFileSync(join(programRoot, "roles", role, "files", name));

/** What the inventory wants of a node: its roles in the order in which they are written, each with its place. */
export function roleRequestsOf({ inventory, places }: LoadedSite, name: string): readonly RoleRequest[] {
  const { node } = findNode(inventory, name);
  return Object.entries(node.roles).map(([role, parameters]) => ({
    role,
    parameters,
    place: (path) =>
      places.node(name, ["roles", role, ...path.map((part) => (typeof part === "number" ? part : String(part)))]),
  }));
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
