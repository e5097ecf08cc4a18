import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import { absolutePath, call, parentOf } from "../words.ts";

const schema = z.strictObject({ path: absolutePath, target: z.string().min(1) });

type Link = z.output<typeof schema>;

const readShell = `
link_seen() { # id path target
  if [ -L "$2" ]; then s_target=$(readlink -- "$2"); elif [ -e "$2" ]; then s_target='(not a link)'; else s_target='(absent)'; fi
  [ "$s_target" = "$3" ] || seen "$1" target "$s_target"
}
`;

export const linkType = defineType({
  name: "link",
  summary: "A symbolic link; it may point at what is not there yet.",
  example: 'link("/etc/localtime", { target: "/usr/share/zoneinfo/UTC" })',
  schema,
  titleKey: "path",
  shell: { read: readShell },
  read: (items: readonly Item<Link>[]) =>
    items.map(({ id, desired }) => call("link_seen", id, desired.path, desired.target)).join("\n"),
  diff: ({ desired }, seen) => {
    const found = seen.get("target");
    return found === undefined ? [] : [{ property: "target", from: found, to: desired.target }];
  },
  steps: ({ desired: { path, target } }) => [{ kind: "link", path, target }],
  autoRequire: ({ path }) => [`directory[${parentOf(path)}]`],
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
});

/** A symbolic link; it may point at what isn't there yet. */
export const link = declare({ name: "link", schema, titleKey: "path" });
