import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item } from "../resource.ts";
import { call } from "../words.ts";

const schema = z.strictObject({
  key: z.string().regex(/^[a-z0-9_]+(\.[A-Za-z0-9_*/-]+)+$/, "must be a sysctl key such as net.core.somaxconn"),
  value: z.string().regex(/^\S+( \S+)*$/, "must be words with single blanks between them"),
});

type Sysctl = z.output<typeof schema>;

const readShell = `
sysctl_path() { # key
  s_rest=$1 s_path=/proc/sys
  while :; do
    s_path=$s_path/\${s_rest%%.*}
    case $s_rest in *.*) s_rest=\${s_rest#*.} ;; *) return 0 ;; esac
  done
}
sysctl_live() { # key; by cat, because sh reads bytewise and the kernel gives all of it to the first read or nothing
  sysctl_path "$1"
  set -f; set -- $(cat "$s_path" 2>/dev/null); set +f
  s_live="$*"
}
sysctl_seen() { # id key value
  sysctl_live "$2"
  [ "$s_live" = "$3" ] || seen "$1" live "$s_live"
  s_line=
  if [ -r "/etc/sysctl.d/70-provision-$2.conf" ]; then IFS= read -r s_line < "/etc/sysctl.d/70-provision-$2.conf"; fi
  [ "$s_line" = "$2 = $3" ] || seen "$1" file "\${s_line#* = }"
}
`;

const applyShell = `
put_sysctl() { # key value; the file by put, before
  sysctl_path "$1"
  printf '%s\\n' "$2" > "$s_path"
  sysctl_live "$1"
  [ "$s_live" = "$2" ] || { echo "wrote $2 to $s_path, and it reads $s_live"; return 1; }
}
`;

export const sysctlType = defineType({
  name: "sysctl",
  summary: "A kernel setting, now and after the next boot; the live value is read back.",
  example: 'sysctl("net.core.somaxconn", { value: "1024" })',
  schema,
  titleKey: "key",
  shell: { read: readShell, apply: applyShell },
  read: (items: readonly Item<Sysctl>[]) =>
    items.map(({ id, desired: { key, value } }) => call("sysctl_seen", id, key, value)).join("\n"),
  diff: ({ desired: { value } }, seen) =>
    (["live", "file"] as const).flatMap((property): Change[] => {
      const from = seen.get(property);
      return from === undefined ? [] : [{ property, from: from || "none", to: value }];
    }),
  steps: ({ desired: { key, value } }) => [
    {
      kind: "write",
      path: `/etc/sysctl.d/70-provision-${key}.conf`,
      content: `${key} = ${value}\n`,
      mode: "0644",
      owner: "root",
      group: "root",
    },
    { kind: "call", function: "put_sysctl", words: [key, value] },
  ],
});

/** A kernel setting, now and after the next boot. The live value is read back: a write that the kernel ignores fails. */
export const sysctl = declare({ name: "sysctl", schema, titleKey: "key" });
