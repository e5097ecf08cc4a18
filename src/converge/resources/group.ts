import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import type { Step } from "../step.ts";
import { accountName, call } from "../words.ts";

const schema = z.strictObject({
  name: accountName,
  ensure: z.enum(["present", "absent"]).default("present"),
  gid: z.int().min(0).max(65533).optional(),
  system: z.boolean().default(false),
});

type Group = z.output<typeof schema>;

export const groupType = defineType({
  name: "group",
  schema,
  titleKey: "name",
  read: (items: readonly Item<Group>[]) =>
    items.map(({ id, desired: { name, ensure, gid } }) => call("group_seen", id, name, ensure, gid ?? "")).join("\n"),
  diff: ({ desired }, seen) => {
    if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
    if (seen.has("absent")) return [{ property: "ensure", from: "absent", to: "present" }];
    const gid = seen.get("gid");
    return gid === undefined ? [] : [{ property: "gid", from: gid, to: String(desired.gid) }];
  },
  steps: ({ desired: { name, ensure, gid, system } }, seen): Step[] => {
    if (ensure === "absent") return [{ kind: "run", argv: ["groupdel", name] }];
    const number = gid === undefined ? [] : ["-g", String(gid)];
    if (!seen.has("absent")) return [{ kind: "run", argv: ["groupmod", ...number, name] }];
    return [{ kind: "run", argv: ["groupadd", "-f", ...(system ? ["-r"] : []), ...number, name] }];
  },
});

export const group = declare({ name: "group", schema, titleKey: "name" });
