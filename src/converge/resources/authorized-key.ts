import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import { accountName, call } from "../words.ts";

/** sshd(8), AUTHORIZED_KEYS FILE FORMAT; without options, which would need quoting rules of their own. */
const keyLine = z
  .string()
  .trim()
  .regex(
    /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-\S+) [A-Za-z0-9+/]{40,}={0,2}( [^\n]*)?$/,
    "must be one line as in authorized_keys",
  );

const schema = z.strictObject({
  /** What the key is called, for people: `ada on root`. */
  name: z.string(),
  user: accountName,
  key: keyLine,
  ensure: z.enum(["present", "absent"]).default("present"),
});

type AuthorizedKey = z.output<typeof schema>;

/** The key itself: its comment may differ. */
const blobOf = (line: string) => line.split(" ")[1] ?? "";

const readShell = `
authorized_key_seen() { # id user blob present|absent
  s_there=absent
  if account "$2" && grep -qF -- "$3" "$a_home/.ssh/authorized_keys" 2>/dev/null; then s_there=present; fi
  [ "$s_there" = "$4" ] || seen "$1" key "$s_there"
}
`;

const applyShell = `
authorize() { # user line blob add|remove
  account "$1" || { echo "no user $1"; return 1; }
  k_folder=$a_home/.ssh k_file=$a_home/.ssh/authorized_keys k_new=$a_home/.ssh/.authorized_keys.provision-new
  [ -d "$k_folder" ] || install -d -m 0700 -o "$1" -g "$a_gid" "$k_folder"
  rm -f "$k_new"
  ( umask 077; : > "$k_new" )
  if [ -f "$k_file" ]; then grep -vF -- "$3" "$k_file" >> "$k_new" || [ $? = 1 ]; fi
  [ "$4" = remove ] || printf '%s\\n' "$2" >> "$k_new"
  chown "$1:$a_gid" "$k_new"
  sync "$k_new" 2>/dev/null || sync
  mv -f "$k_new" "$k_file"
}
`;

export const authorizedKeyType = defineType({
  name: "authorized_key",
  summary: "A public key that may log in as a user.",
  example: 'authorizedKey("ada on root", { user: "root", key: "ssh-ed25519 AAAA… ada" })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read: (items: readonly Item<AuthorizedKey>[]) =>
    items
      .map(({ id, desired: { user, key, ensure } }) => call("authorized_key_seen", id, user, blobOf(key), ensure))
      .join("\n"),
  diff: ({ desired: { ensure } }, seen) =>
    seen.has("key") ? [{ property: "ensure", from: ensure === "present" ? "absent" : "present", to: ensure }] : [],
  steps: ({ desired: { user, key, ensure } }) => [
    {
      kind: "call",
      function: "authorize",
      words: [user, key, blobOf(key), ensure === "present" ? "add" : "remove"],
    },
  ],
  autoRequire: ({ user }) => [`user[${user}]`],
  absent: ({ name, user, key }) => ({ name, user, key, ensure: "absent" }),
});

/** A key that may log in as `user`: `authorizedKey("ada on root", { user: "root", key: "ssh-ed25519 AAAA… ada" })`. */
export const authorizedKey = declare({ name: "authorized_key", schema, titleKey: "name" });
