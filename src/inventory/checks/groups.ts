import type { Conflict, Drafts } from "../draft.ts";
import { suggest } from "../nearest.ts";

/**
 * Where there is a folder `groups/`, a group is one of its files: a slip must not make a node lose what its group says.
 * Without the folder, groups are labels to choose nodes by. A group that is named twice would leave its place unclear.
 */
export function checkGroups({ nodes, groups, brokenGroups }: Drafts): readonly Conflict[] {
  const known = groups && [...groups.map(({ name }) => name), ...brokenGroups];
  return nodes.flatMap(({ document, value }) =>
    (value.groups ?? []).flatMap((name, index, all): Conflict[] => {
      const at = { document, path: ["groups", index] };
      if (all.indexOf(name) !== index)
        return [{ ...at, code: "inventory-conflict", what: `the group ${name} is named twice`, hint: "Keep one" }];
      if (!known || known.includes(name)) return [];
      const what = `there is no group ${JSON.stringify(name)} (groups/${name}.yaml)`;
      return [{ ...at, code: "inventory-reference", what, hint: suggest(name, known) }];
    }),
  );
}
