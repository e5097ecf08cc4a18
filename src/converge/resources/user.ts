import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { absolutePath, accountName, call } from "../words.ts";

const schema = z.strictObject({
  name: accountName.describe("Its name"),
  ensure: z.enum(["present", "absent"]).default("present").describe("Absent: the account goes, its home stays"),
  uid: z.int().min(0).max(65533).optional().describe("Its number; by default the host chooses"),
  group: accountName.optional().describe("Primary group; by default one of the user's own name"),
  groups: z.array(accountName).default([]).describe("Further groups that it must be in; others are left alone"),
  home: absolutePath.optional().describe("Home directory; made with a new account, not moved with an old one"),
  shell: absolutePath.optional().describe("Login shell"),
  comment: z
    .string()
    .regex(/^[^:\n\0]*$/, "must be one line without a colon")
    .optional()
    .describe("Who that is, in /etc/passwd's fifth field"),
  system: z.boolean().default(false).describe("A service's account: a low number, and no home is made"),
});

type User = z.output<typeof schema>;

const properties = ["uid", "group", "home", "shell", "comment"] as const;

const read = (items: readonly Item<User>[]) =>
  items
    .map(({ id, desired: { name, ensure, uid, group, home, shell, groups, comment } }) => {
      const words = [uid ?? "", group ?? "", home ?? "", shell ?? "", groups.join(" ")];
      return call("user_seen", id, name, ensure, ...words, ...(comment === undefined ? [] : [comment]));
    })
    .join("\n");

function diff({ desired }: Item<User>, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  if (seen.has("absent")) return [{ property: "ensure", from: "absent", to: "present" }];
  const missing = seen.get("groups");
  return [
    ...properties.flatMap((property) => {
      const from = seen.get(property);
      return from === undefined ? [] : [{ property, from, to: String(desired[property]) }];
    }),
    ...(missing === undefined ? [] : [{ property: "groups", from: `not in ${missing}`, to: desired.groups.join(" ") }]),
  ];
}

function steps({ desired }: Item<User>, seen: Seen): Step[] {
  const { name, groups, system } = desired;
  if (desired.ensure === "absent") return [{ kind: "run", argv: ["userdel", name] }];
  const options = properties.flatMap((property) => {
    const value = desired[property];
    return value === undefined || (!seen.has("absent") && !seen.has(property)) ? [] : [flags[property], String(value)];
  });
  if (!seen.has("absent")) {
    const more = seen.has("groups") ? ["-a", "-G", groups.join(",")] : [];
    return [{ kind: "run", argv: ["usermod", ...options, ...more, name] }];
  }
  const own = desired.group === undefined ? ["-U"] : [];
  const more = groups.length > 0 ? ["-G", groups.join(",")] : [];
  const argv = ["useradd", ...(system ? ["-r"] : ["-m"]), ...own, ...options, ...more, name];
  return [{ kind: "run", argv, unless: ["id", "-u", name] }];
}

const flags = { uid: "-u", group: "-g", home: "-d", shell: "-s", comment: "-c" } as const;

const readShell = `
user_seen() { # id name present|absent uid group home shell groups, and a comment if one is wanted
  if ! account "$2"; then [ "$3" = absent ] || seen "$1" absent yes; return 0; fi
  if [ "$3" = absent ]; then seen "$1" exists yes; return 0; fi
  [ -z "$4" ] || [ "$4" = "$a_uid" ] || seen "$1" uid "$a_uid"
  [ -z "$6" ] || [ "$6" = "$a_home" ] || seen "$1" home "$a_home"
  [ -z "$7" ] || [ "$7" = "$a_shell" ] || seen "$1" shell "$a_shell"
  [ $# -lt 9 ] || [ "$9" = "$a_gecos" ] || seen "$1" comment "$a_gecos"
  [ -n "$5$8" ] || return 0
  s_primary=$a_gid s_in=' '
  [ -n "$g_all" ] || g_all=$(cat /etc/group)
  IFS=$nl; set -f
  for g_line in $g_all; do
    g_rest=\${g_line#*:} g_rest=\${g_rest#*:} g_name=\${g_line%%:*}
    [ "\${g_rest%%:*}" != "$a_gid" ] || s_primary=$g_name
    case ,\${g_rest#*:}, in *,"$2",*) s_in="$s_in$g_name " ;; esac
  done
  unset IFS; set +f
  [ -z "$5" ] || [ "$5" = "$s_primary" ] || seen "$1" group "$s_primary"
  s_missing=
  for s_group in $8; do case $s_in in *" $s_group "*) ;; *) s_missing="$s_missing $s_group" ;; esac; done
  [ -z "$s_missing" ] || seen "$1" groups "\${s_missing# }"
}
`;

export const userType = defineType({
  name: "user",
  summary: "An account and its groups; passwords are not its business.",
  example: 'user("deploy", { groups: ["www-data"], shell: "/bin/bash" })',
  schema,
  titleKey: "name",
  shell: { read: readShell },
  read,
  diff,
  steps,
  autoRequire: ({ group, groups, ensure }) =>
    ensure === "absent" ? [] : [...(group ? [group] : []), ...groups].map((name) => `group[${name}]`),
  claims: ({ name }) => ({ whole: [`user:${name}`] }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** An account. Passwords aren't its business: operators log in with keys. */
export const user = declare({ name: "user", schema, titleKey: "name" });
