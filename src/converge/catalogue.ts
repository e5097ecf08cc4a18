import { createHash } from "node:crypto";
import type { Place } from "../errors.ts";
import type { FactName, Facts } from "../facts/list.ts";
import { Secret } from "../secret.ts";
import { type Claiming, refuseConflicts } from "./claims.ts";
import { type ClusterSource, clusterViewOf } from "./cluster-view.ts";
import { referenceOf } from "./declare.ts";
import { fail } from "./errors.ts";
import { ancestorsOf, type Edge, edgesOf, orderOf, type Vertex } from "./graph.ts";
import type { Item, LoadFile, Render, Resource } from "./resource.ts";
import { resourceTypes } from "./resources/list.ts";
import type { AnyRole, NodeView } from "./role.ts";
import { type RoleRequest, rolesOf } from "./role-request.ts";
import { createTemplates, type FileLoader, type TemplateLoader } from "./role-templates.ts";

export interface CatalogueRequest {
  readonly node: NodeView;
  /** Roles in the order of the work. */
  readonly requests: readonly RoleRequest[];
  /** The explicit list of `roles/list.ts`. */
  readonly roles: readonly AnyRole[];
  readonly loadTemplate: TemplateLoader;
  readonly loadFile?: FileLoader;
  /** At least those of {@link factsWanted}. */
  readonly facts?: Partial<Facts>;
  /** The other nodes; none: it is alone. */
  readonly cluster?: ClusterSource;
}

/** Everything that should be on a node, checked and in the order of the work. Plain data, but for secrets. */
export interface Catalogue {
  readonly node: string;
  /** In the order of the work; an item's id is its place in the order of declaration. */
  readonly items: readonly Item[];
  /** By id: all that must be done before it, directly or through others. */
  readonly ancestors: ReadonlyMap<number, ReadonlySet<number>>;
  /** By id of a service: what restarts and what reloads it. */
  readonly refreshes: ReadonlyMap<number, Refresh>;
  /** Of a part: what it leaves out of this run and the node should have all the same. */
  readonly outside?: readonly Item[];
}

export interface Refresh {
  readonly restart: readonly number[];
  readonly reload: readonly number[];
}

/**
 * Roles and data → catalogue, without a host. Throws `role-unknown`, `parameter-invalid`, `template-undefined`,
 * `template-broken`, `resource-invalid`, `role-file-missing`, `duplicate-resource`, `conflicting-resources`, `resource-missing` and `cycle`.
 */
export function compileCatalogue(request: CatalogueRequest): Catalogue {
  const drafts = rolesOf(request).flatMap(({ role, parameters }) => {
    const template = createTemplates(role.name, request.loadTemplate);
    const facts = request.facts as Facts;
    const cluster = clusterViewOf(role.name, request.cluster);
    const declared = role.resources({ parameters, node: request.node, cluster, facts, template });
    const load = fileLoader(role.name, request.loadFile);
    return declared.map((resource) => draft(role.name, resource, { template, load }));
  });
  const edges = edgesOf(drafts);
  refuseConflicts(drafts);
  const order = orderOf(drafts, edges);
  const refreshes = refreshesOf(edges);
  const inputs = (ids: readonly number[]) =>
    ids.length === 0 ? "-" : digestOf(ids.map((id) => digestOf(drafts[id]?.desired)));
  const items = order.map((id): Item => {
    const { role, resource, desired } = drafts[id] as Draft;
    const { restart, reload } = refreshes.get(id) ?? { restart: [], reload: [] };
    const { type, title, declared } = resource;
    const reference = referenceOf(resource);
    return {
      id,
      reference,
      type,
      title,
      role,
      declared,
      desired,
      inputs: { restart: inputs(restart), reload: inputs(reload) },
    };
  });
  return { node: request.node.name, items, ancestors: ancestorsOf(order, edges), refreshes };
}

/** The facts that these roles want before they can say their resources, and that the request doesn't have. */
export function factsWanted(
  request: Pick<CatalogueRequest, "node" | "requests" | "roles" | "facts">,
): readonly FactName[] {
  const named = new Set(rolesOf(request).flatMap(({ role }) => role.facts ?? []));
  return [...named].filter((name) => request.facts?.[name] === undefined);
}

interface Draft extends Vertex, Claiming {
  readonly role: string;
  readonly desired: unknown;
}

interface RoleFolder {
  readonly template: Render;
  readonly load: LoadFile;
}

const fileLoader =
  (role: string, load: FileLoader | undefined): LoadFile =>
  (name) => {
    try {
      if (load) return load(role, name);
    } catch (thrown) {
      throw fail("role-file-missing", { role, name }, { cause: thrown });
    }
    throw fail("role-file-missing", { role, name });
  };

function draft(role: string, resource: Resource, { template, load }: RoleFolder): Draft {
  const type = resourceTypes.find(({ name }) => name === resource.type);
  const refuse = (problem: string, place: Place) =>
    fail("resource-invalid", { role, resource: referenceOf(resource), problem }, { place });
  if (!type) throw refuse("there is no such type", resource.declared);
  const parsed = type.schema.safeParse(resource.properties);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      [path.join("."), message].filter(Boolean).join(": "),
    );
    throw refuse(problems.join("; "), resource.declared);
  }
  const desired = type.resolve?.(parsed.data, template, load) ?? parsed.data;
  return { role, resource, desired, auto: type.autoRequire?.(desired) ?? [], claims: type.claims?.(desired) ?? {} };
}

function refreshesOf(edges: readonly Edge[]): ReadonlyMap<number, Refresh> {
  const all = new Map<number, { restart: number[]; reload: number[] }>();
  for (const { from, to, kind } of edges) {
    const how = kind === "reloadOn" ? "reload" : kind === "subscribe" || kind === "notify" ? "restart" : undefined;
    if (!how) continue;
    const own = all.get(to) ?? { restart: [], reload: [] };
    own[how].push(from);
    all.set(to, own);
  }
  return all;
}

/** SHA-256 over the desired state, secrets by their own digest. */
function digestOf(desired: unknown): string {
  const text = JSON.stringify(desired, function (this: Record<string, unknown>, key, value) {
    const raw = this[key];
    return raw instanceof Secret ? createHash("sha256").update(raw.reveal()).digest("hex") : value;
  });
  return createHash("sha256").update(text).digest("hex");
}
