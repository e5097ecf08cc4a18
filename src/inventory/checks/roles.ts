import type { z } from "zod";
import type { Conflict } from "../draft.ts";
import { formatPath, type Issue, partIssues, schemaIssues } from "../issues.ts";
import { type AssignedRole, assignedRoles, mergedParameters, type RoleLevel } from "../levels.ts";
import { suggest } from "../nearest.ts";
import type { Path } from "../places.ts";

/** A role as the inventory needs to know it; roles live on another floor, which hands these in. */
export interface KnownRole {
  readonly name: string;
  readonly parameters: z.ZodType;
}

/** What one file says of roles: do they exist, and does each value fit its parameter? */
export function checkLevel(level: RoleLevel, known: readonly KnownRole[]): readonly Conflict[] {
  return (["roles", "parameters"] as const).flatMap((table) =>
    Object.entries(level[table]).flatMap(([name, given]): Conflict[] => {
      const role = known.find((one) => one.name === name);
      const path = [table, name];
      if (!role) return [unknownRole(level, path, known)];
      const issues = partIssues(role.parameters, given).map((issue) => below(level, path, issue));
      return table === "parameters" ? [...issues, ...givenTwice(level, name)] : issues;
    }),
  );
}

function unknownRole(document: RoleLevel, path: readonly string[], known: readonly KnownRole[]): Conflict {
  const name = path.at(-1) ?? "";
  const names = known.map((one) => one.name);
  const what = `there is no role ${JSON.stringify(name)}`;
  return { code: "inventory-reference", document, path, what, hint: suggest(name, names), at: "key" };
}

const below = (document: RoleLevel, path: Path, issue: Issue): Conflict => ({
  ...issue,
  document,
  path: [...path, ...issue.path],
  what: `${formatPath(path)}: ${issue.what}`,
});

/** In one file a parameter has one place: nobody should have to know which of two wins. */
function givenTwice(level: RoleLevel, role: string): readonly Conflict[] {
  const [first = {}, second = {}] = [level.roles, level.parameters].map((table) => table[role]);
  return Object.keys(second)
    .filter((parameter) => Object.hasOwn(first, parameter))
    .map((parameter) => ({
      code: "inventory-conflict",
      document: level,
      path: ["parameters", role, parameter],
      what: `parameters.${role}.${parameter} is given under roles.${role} of this file, too`,
      hint: "Keep one of the two",
      at: "key",
    }));
}

export interface NodeLevels {
  readonly name: string;
  /** Weakest first. */
  readonly levels: readonly RoleLevel[];
}

/** Do the parameters of each node's roles make a whole? What the parts have wrong by themselves isn't told again. */
export function checkNodesRoles(nodes: readonly NodeLevels[], known: readonly KnownRole[]): readonly Conflict[] {
  const found = nodes.flatMap(({ name, levels }) =>
    assignedRoles(levels).flatMap((assigned) => {
      const role = known.find((one) => one.name === assigned.name);
      return role ? wholeIssues(assigned, role).map((conflict) => ({ name, conflict })) : [];
    }),
  );
  return [...Map.groupBy(found, ({ conflict }) => keyOf(conflict)).values()].map(told);
}

interface Placed extends Conflict {
  readonly document: RoleLevel;
}

function wholeIssues(assigned: AssignedRole, { parameters }: KnownRole): readonly Placed[] {
  const { name, assignedBy, given } = assigned;
  const merged = mergedParameters(assigned);
  const isPartsOwn = (parameter: string) =>
    Object.hasOwn(merged, parameter) && partIssues(parameters, { [parameter]: merged[parameter] }).length > 0;
  return schemaIssues(parameters, merged)
    .filter(({ path }) => path.length === 0 || !isPartsOwn(String(path[0])))
    .map((issue): Placed => {
      const found = given.get(String(issue.path[0]));
      const at = found ? { document: found.level, path: [...found.path, ...issue.path.slice(1)] } : undefined;
      const line = { document: assignedBy, path: ["roles", name], at: "key" } as const;
      return { ...issue, ...(at ?? line), what: `roles.${name}: ${issue.what}` };
    });
}

const keyOf = ({ document: { kind, name }, path, what }: Placed) => JSON.stringify([kind, name, path, what]);

/** A mistake in a file that speaks for many nodes is one mistake. */
function told(same: readonly { readonly name: string; readonly conflict: Placed }[]): Conflict {
  const { name, conflict } = same[0] as (typeof same)[number];
  if (conflict.document.kind === "node") return conflict;
  const others = same.length > 1 ? ` and ${same.length - 1} more` : "";
  return { ...conflict, what: `${conflict.what} (for ${name}${others})` };
}
