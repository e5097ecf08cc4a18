import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";

const schema = z
  .strictObject({
    key: z
      .string()
      .regex(/^[a-z0-9_]+(\.[A-Za-z0-9_/-]+)+$/, "must be a sysctl key such as net.core.somaxconn")
      .describe("The setting; a dot inside a name, as in an interface's, is written `/`"),
    value: z
      .union([z.string(), z.int()])
      .transform(String)
      .refine((text) => /^\S+( \S+)*$/.test(text), "must be words with single blanks between them")
      .optional()
      .describe("What it is set to; several words with one blank between them"),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("Absent: our file goes; the kernel keeps the value until the next boot"),
  })
  .refine(
    ({ value, ensure }) => (value !== undefined) === (ensure === "present"),
    "a present setting has a value, an absent one none",
  );

type Sysctl = z.output<typeof schema>;

/** sysctl.d(5): dots separate, and `/` stands for a dot inside a name. */
const livePath = (key: string) =>
  `/proc/sys/${key
    .split(".")
    .map((part) => part.replaceAll("/", "."))
    .join("/")}`;
const filePath = (key: string) => `/etc/sysctl.d/70-provision-${key.replaceAll("/", "-")}.conf`;

/** One process for all live values as long as none differs; the files are read by the shell itself. */
function read(items: readonly Item<Sysctl>[]): string {
  const gone = items.filter(({ desired }) => desired.ensure === "absent");
  const there = items.filter(({ desired }) => desired.ensure === "present");
  const expected = there.map(({ desired: { key, value = "" } }) => `${livePath(key)}:${value}`).join(" ");
  const all = call("sysctl_all", expected, ...there.map(({ desired }) => livePath(desired.key)));
  return [
    ...gone.map(({ id, desired }) => call("gone_seen", id, filePath(desired.key))),
    ...(there.length > 0 ? [all] : []),
    ...there.map(({ id, desired: { key, value = "" } }) =>
      call("sysctl_seen", id, livePath(key), value, filePath(key), `${key} = ${value}`),
    ),
  ].join("\n");
}

function diff({ desired: { value = "" } }: Item<Sysctl>, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  return (["live", "file"] as const).flatMap((property): Change[] => {
    const from = seen.get(property);
    return from === undefined ? [] : [{ property, from: from || "none", to: value }];
  });
}

function steps({ desired: { key, value = "", ensure } }: Item<Sysctl>): Step[] {
  const path = filePath(key);
  if (ensure === "absent") return [{ kind: "remove", path }];
  return [
    { kind: "write", path, content: `${key} = ${value}\n`, mode: "0644", owner: "root", group: "root" },
    { kind: "call", function: "sysctl_put", words: [livePath(key), value] },
  ];
}

const readShell = `
sysctl_all() { # PATH:VALUE… of all, and their paths; by one process, because the kernel gives all of a value at once or nothing
  s_expected=$1; shift
  set -f; set -- $(grep -sH '' -- "$@"); set +f
  s_as_wanted=
  [ "$*" != "$s_expected" ] || s_as_wanted=yes
}
sysctl_live() { # path
  set -f; set -- $(cat "$1" 2>/dev/null); set +f
  s_live="$*"
}
sysctl_seen() { # id path value file line
  if [ -z "$s_as_wanted" ]; then
    sysctl_live "$2"
    [ "$s_live" = "$3" ] || seen "$1" live "$s_live"
  fi
  s_line=
  [ ! -r "$4" ] || IFS= read -r s_line < "$4" || :
  [ "$s_line" = "$5" ] || seen "$1" file "\${s_line#* = }"
}
`;

const applyShell = `
sysctl_put() { # path value; the file has been written before
  printf '%s\\n' "$2" > "$1"
  sysctl_live "$1"
  [ "$s_live" = "$2" ] || { echo "wrote $2 to $1, and it reads $s_live"; return 1; }
}
`;

export const sysctlType = defineType({
  name: "sysctl",
  summary: "A kernel setting, now and after the next boot; the live value is read back.",
  example: 'sysctl("net.core.somaxconn", { value: 1024 })',
  schema,
  titleKey: "key",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  claims: ({ key }) => ({ whole: [`sysctl:${key}`, `path:${filePath(key)}`] }),
  absent: ({ key }) => ({ key, ensure: "absent" }),
});

/** A kernel setting, now and after the next boot. The live value is read back: a write that the kernel ignores fails. */
export const sysctl = declare({ name: "sysctl", schema, titleKey: "key" });
