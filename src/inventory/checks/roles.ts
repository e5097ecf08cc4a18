import type { Conflict, Draft } from "../draft.ts";
import { formatPath, type Issue } from "../issues.ts";
import { suggest } from "../nearest.ts";
import type { Node } from "../schema.ts";

export type RoleParameters = Readonly<Record<string, unknown>>;

/** A role as the inventory needs to know it; roles live on another floor, which hands these in. */
export interface KnownRole {
  readonly name: string;
  /** What is wrong with these parameters; paths are relative to them. See `schemaIssues`. */
  check(parameters: RoleParameters): readonly Issue[];
}

/** A node's roles: do they exist, and do their parameters fit? */
export function checkRoles({ value, document }: Draft<Node>, known: readonly KnownRole[]): readonly Conflict[] {
  return Object.entries(value.roles ?? {}).flatMap(([name, parameters]): Conflict[] => {
    const role = known.find((one) => one.name === name);
    const path = ["roles", name];
    if (!role) {
      const hint = suggest(
        name,
        known.map((one) => one.name),
      );
      return [
        {
          code: "inventory-reference",
          document,
          path,
          what: `there is no role ${JSON.stringify(name)}`,
          hint,
          at: "key",
        },
      ];
    }
    return role.check(parameters).map(({ path: inner, what, ...issue }) => {
      return { ...issue, document, path: [...path, ...inner], what: `${formatPath(path)}: ${what}` };
    });
  });
}
