import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import type { Step } from "../step.ts";
import { accountName, call } from "../words.ts";

const schema = z.strictObject({
  name: accountName.describe("Its name"),
  ensure: z.enum(["present", "absent"]).default("present").describe("Whether it is there at all"),
  gid: z.int().min(0).max(65533).optional().describe("Its number; by default the host chooses"),
  system: z.boolean().default(false).describe("A service's: a new one gets a low number"),
});

type Group = z.output<typeof schema>;

const readShell = `
group_seen() { # id name present|absent gid
  s_gid=
  [ -n "$g_all" ] || g_all=$(cat /etc/group)
  if line_after "$g_all" "$2:"; then s_gid=\${s_rest#*:} s_gid=\${s_gid%%:*}; fi
  case $3:$s_gid in
    present:) seen "$1" absent yes ;;
    absent:) ;;
    absent:*) seen "$1" exists yes ;;
    *) [ -z "$4" ] || [ "$4" = "$s_gid" ] || seen "$1" gid "$s_gid" ;;
  esac
}
`;

/** userdel(8) takes the group of its user's name along. */
const applyShell = `
group_away() { if grep -q "^$1:" /etc/group; then groupdel "$1"; fi; }
`;

export const groupType = defineType({
  name: "group",
  summary: "A group of users.",
  example: 'group("deploy", { gid: 2000 })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read: (items: readonly Item<Group>[]) =>
    items.map(({ id, desired: { name, ensure, gid } }) => call("group_seen", id, name, ensure, gid ?? "")).join("\n"),
  diff: ({ desired }, seen) => {
    if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
    if (seen.has("absent")) return [{ property: "ensure", from: "absent", to: "present" }];
    const gid = seen.get("gid");
    return gid === undefined ? [] : [{ property: "gid", from: gid, to: String(desired.gid) }];
  },
  steps: ({ desired: { name, ensure, gid, system } }, seen): Step[] => {
    if (ensure === "absent") return [{ kind: "call", function: "group_away", words: [name] }];
    const number = gid === undefined ? [] : ["-g", String(gid)];
    if (!seen.has("absent")) return [{ kind: "run", argv: ["groupmod", ...number, name] }];
    return [
      {
        kind: "run",
        argv: ["groupadd", ...(system ? ["-r"] : []), ...number, name],
        unless: ["grep", "-q", `^${name}:`, "/etc/group"],
      },
    ];
  },
  autoRequire: ({ ensure }) => (ensure === "absent" ? ["user[*]"] : []),
  claims: ({ name }) => ({ whole: [`group:${name}`] }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** A group: `group("deploy", { gid: 2000 })`. */
export const group = declare({ name: "group", schema, titleKey: "name" });
