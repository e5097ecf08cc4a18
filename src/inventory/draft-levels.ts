import type { Draft, Drafts } from "./draft.ts";
import type { RoleLevel } from "./levels.ts";
import type { Node, RoleTable } from "./schema.ts";

interface Speaking {
  readonly roles?: RoleTable;
  readonly parameters?: RoleTable;
}

/** What one file says of roles. */
export function levelOf(kind: RoleLevel["kind"], { name, value, document }: Draft<Speaking>): RoleLevel {
  const { roles = {}, parameters = {} } = value;
  const ownName = kind === "site" ? ((value as { name?: string }).name ?? name) : name;
  return { kind, name: ownName, roles, parameters, placeOf: document.placeOf };
}

const groupsOf = ({ groups = [] }: Drafts, node: Draft<Node>) =>
  (node.value.groups ?? []).flatMap((name) => groups.find((group) => group.name === name) ?? []);

/** The site, the node's groups in their order, the node. */
export const levelsOfDraft = (drafts: Drafts, node: Draft<Node>): readonly RoleLevel[] => [
  ...(drafts.site ? [levelOf("site", drafts.site)] : []),
  ...groupsOf(drafts, node).map((group) => levelOf("group", group)),
  levelOf("node", node),
];

/** Is it known what all levels of a node say? Else nobody should be told that something is missing. */
export function speaksOfRoles(drafts: Drafts, node: Draft<Node>): boolean {
  const { site } = drafts;
  const speaks = ({ value }: Draft<Speaking>) => value.roles !== undefined && value.parameters !== undefined;
  const named = node.value.groups;
  const groupsKnown = named !== undefined && groupsOf(drafts, node).length === (drafts.groups ? named.length : 0);
  return (
    site !== undefined &&
    speaks(site) &&
    node.value.roles !== undefined &&
    groupsKnown &&
    groupsOf(drafts, node).every(speaks)
  );
}
