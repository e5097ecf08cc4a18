import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import { absolutePath, call, foldersAbove } from "../words.ts";

const schema = z
  .strictObject({
    path: absolutePath.describe("Where it stands"),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("Whether it should be there; what stands there and is no link stays"),
    target: z
      .string()
      .regex(/^[^\n\0]+$/, "must be one line")
      .optional()
      .describe("What it points at; not looked at any further"),
  })
  .refine(
    (link) => (link.target !== undefined) === (link.ensure === "present"),
    "a present link has a target, an absent one none",
  );

type Link = z.output<typeof schema>;

const readShell = `
link_seen() { # id path target, or nothing for no link
  if [ -z "$3" ]; then [ ! -L "$2" ] || seen "$1" exists yes; return 0; fi
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
    items.map(({ id, desired }) => call("link_seen", id, desired.path, desired.target ?? "")).join("\n"),
  diff: ({ desired: { target = "" } }, seen) => {
    if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
    const found = seen.get("target");
    return found === undefined ? [] : [{ property: "target", from: found, to: target }];
  },
  steps: ({ desired: { path, target } }) => [
    target === undefined ? { kind: "remove", path } : { kind: "link", path, target },
  ],
  autoRequire: ({ path, ensure }) => (ensure === "absent" ? [] : foldersAbove(path)),
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** A symbolic link; it may point at what isn't there yet. */
export const link = declare({ name: "link", schema, titleKey: "path" });
