import { readFileSync } from "node:fs";
import { join } from "node:path";
import { roles } from "../../roles/list.ts";
import { type Catalogue, compileCatalogue } from "../../src/converge/catalogue.ts";
import type { NodeView } from "../../src/converge/role.ts";
import type { RoleRequest } from "../../src/converge/role-request.ts";

const folder = join(import.meta.dirname, "../../roles");

export const web01: NodeView = {
  name: "web01",
  domain: "rack.test",
  address: "192.0.2.11",
  os: { family: "debian", codename: "bookworm" },
  timezone: "UTC",
  operators: [{ name: "ada", sshKey: `ssh-ed25519 ${"A".repeat(68)} ada` }],
  repositories: [
    { name: "debian", url: "http://192.0.2.1:8077/packages/debian", suite: "bookworm", components: ["main"] },
  ],
};

/** The roles of this repository, with their own templates, for a node. */
export function catalogueFor(requests: readonly RoleRequest[], change: Partial<NodeView> = {}): Catalogue {
  const loadTemplate = (role: string, name: string) =>
    readFileSync(join(folder, role, "templates", `${name}.ejs`), "utf8");
  return compileCatalogue({ node: { ...web01, ...change }, requests, roles, loadTemplate });
}

/** A file's content in a catalogue. */
export function contentOf(catalogue: Catalogue, path: string): string {
  const item = catalogue.items.find(({ reference }) => reference === `file[${path}]`);
  return String((item?.desired as { content?: unknown } | undefined)?.content);
}
