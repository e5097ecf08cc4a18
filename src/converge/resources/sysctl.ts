import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item } from "../resource.ts";
import { call } from "../words.ts";

const schema = z.strictObject({
  key: z.string().regex(/^[a-z0-9_]+(\.[A-Za-z0-9_*/-]+)+$/, "must be a sysctl key such as net.core.somaxconn"),
  value: z.string().regex(/^\S+( \S+)*$/, "must be words with single blanks between them"),
});

type Sysctl = z.output<typeof schema>;

export const sysctlType = defineType({
  name: "sysctl",
  schema,
  titleKey: "key",
  read: (items: readonly Item<Sysctl>[]) =>
    items.map(({ id, desired: { key, value } }) => call("sysctl_seen", id, key, value)).join("\n"),
  diff: ({ desired: { value } }, seen) =>
    (["live", "file"] as const).flatMap((property): Change[] => {
      const from = seen.get(property);
      return from === undefined ? [] : [{ property, from: from || "none", to: value }];
    }),
  steps: ({ desired: { key, value } }) => [{ kind: "sysctl", key, value }],
});

/** A kernel setting, now and after the next boot. The live value is read back: a write that the kernel ignores fails. */
export const sysctl = declare({ name: "sysctl", schema, titleKey: "key" });
