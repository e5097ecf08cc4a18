import type { Place } from "../errors.ts";
import type { Path } from "./places.ts";
import type { RoleTable } from "./schema.ts";

/**
 * The levels on which a role's parameters are set, weakest first: what the role says itself, then the site, the node's
 * groups in their order, the node, and the command line. Whole values win over whole values; nothing is merged below a
 * parameter.
 */
export type LevelKind = "default" | "site" | "group" | "node" | "command line";

/** One file's word on roles. */
export interface RoleLevel {
  readonly kind: "site" | "group" | "node";
  /** The site's, group's or node's. */
  readonly name: string;
  /** Roles that it gives, with parameters. */
  readonly roles: RoleTable;
  /** Parameters of roles that come from elsewhere; a node has none, it would just name the role. */
  readonly parameters: RoleTable;
  placeOf(path: Path, what?: "key" | "value"): Place;
}

/** A parameter's value as one level has it. */
export interface Given {
  readonly level: RoleLevel;
  readonly path: Path;
  readonly value: unknown;
}

/** A role that a node has, with what all levels together say of it. */
export interface AssignedRole {
  readonly name: string;
  /** The strongest level that gives it. */
  readonly assignedBy: RoleLevel;
  /** By parameter: the strongest level's word. */
  readonly given: ReadonlyMap<string, Given>;
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** What one level says of one role. */
export function givenBy(level: RoleLevel, role: string): readonly (readonly [parameter: string, Given])[] {
  return (["parameters", "roles"] as const).flatMap((table) =>
    Object.entries(own(level[table], role) ?? {}).map(
      ([parameter, value]) => [parameter, { level, path: [table, role, parameter], value }] as const,
    ),
  );
}

/** A node's roles, from its levels (weakest first): the first mention decides the place in the order of the work. */
export function assignedRoles(levels: readonly RoleLevel[]): readonly AssignedRole[] {
  const assigning = new Map<string, RoleLevel>();
  for (const level of levels) for (const name of Object.keys(level.roles)) assigning.set(name, level);
  return [...assigning].map(([name, assignedBy]) => ({
    name,
    assignedBy,
    given: new Map(levels.flatMap((level) => givenBy(level, name))),
  }));
}

/** As the role's own schema takes it. */
export const mergedParameters = ({ given }: AssignedRole): Record<string, unknown> =>
  Object.fromEntries([...given].map(([parameter, { value }]) => [parameter, value]));

/** Where the value at a path of the parameters was written; for what nobody wrote, where the role was given. */
export function placeOfParameter({ name, assignedBy, given }: AssignedRole, path: Path): Place {
  const [parameter, ...rest] = path;
  const found = given.get(String(parameter));
  return found ? found.level.placeOf([...found.path, ...rest]) : assignedBy.placeOf(["roles", name], "key");
}
