import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import { absolutePath, call, parentOf } from "../words.ts";

const schema = z.strictObject({ path: absolutePath, target: z.string().min(1) });

type Link = z.output<typeof schema>;

export const linkType = defineType({
  name: "link",
  schema,
  titleKey: "path",
  read: (items: readonly Item<Link>[]) =>
    items.map(({ id, desired }) => call("link_seen", id, desired.path, desired.target)).join("\n"),
  diff: ({ desired }, seen) => {
    const found = seen.get("target");
    return found === undefined ? [] : [{ property: "target", from: found, to: desired.target }];
  },
  steps: ({ desired: { path, target } }) => [{ kind: "link", path, target }],
  autoRequire: ({ path }) => [`directory[${parentOf(path)}]`],
});

/** A symbolic link; it may point at what isn't there yet. */
export const link = declare({ name: "link", schema, titleKey: "path" });
