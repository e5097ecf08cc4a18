import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item } from "../resource.ts";
import { treeShell } from "../tree-shell.ts";
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
  name: z.string().describe("What the key is called, for people: `ada on root`"),
  user: accountName.describe("Account that it opens"),
  key: keyLine.describe("One line as in authorized_keys, without options: type, key and perhaps a comment"),
  ensure: z.enum(["present", "absent"]).default("present").describe("Whether it may log in; other keys are left alone"),
});

type AuthorizedKey = z.output<typeof schema>;

/** The key itself: its comment may differ. */
const blobOf = (line: string) => line.split(" ")[1] ?? "";

/** Each user's file is read once, in an order that doesn't depend on which other keys are asked about. */
function read(items: readonly Item<AuthorizedKey>[]): string {
  const byUser = [...Map.groupBy(items, ({ desired }) => desired.user)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return byUser
    .flatMap(([user, own]) => [
      call("authorized_keys_of", user),
      ...own.map(({ id, desired: { key, ensure } }) => call("authorized_key_seen", id, blobOf(key), ensure)),
    ])
    .join("\n");
}

const readShell = `
authorized_keys_of() { # user: in $z_keys
  z_keys=
  if account "$1" && [ -f "$a_home/.ssh/authorized_keys" ]; then z_keys=$(cat "$a_home/.ssh/authorized_keys"); fi
}
authorized_key_seen() { # id blob present|absent
  s_there=absent
  IFS=$nl; set -f
  for s_line in $z_keys; do case $s_line in '#'*) ;; *" $2" | *" $2 "*) s_there=present ;; esac; done
  unset IFS; set +f
  [ "$s_there" = "$3" ] || seen "$1" key "$s_there"
}
`;

/** A link in a user's home is the user's: followed, it could show that user any file of root's. */
const applyShell = `${treeShell}
authorized_key_put() { # user line blob add|remove
  account "$1" || { [ "$4" = add ] || return 0; echo "there is no user $1"; return 1; }
  z_file=$a_home/.ssh/authorized_keys
  if [ "$1" != root ] && { [ -L "$z_file" ] || [ -L "$a_home/.ssh" ]; }; then echo "$z_file is behind a link of $1's and is left alone"; return 1; fi
  if [ -L "$z_file" ]; then z_file=$(readlink -f -- "$z_file"); fi
  [ -d "$a_home/.ssh" ] || make_directory "$a_home/.ssh" 0700 "$1" "$a_gid"
  beside "$z_file"
  ( umask 077; set -C; : > "$p_new" )
  if [ -f "$z_file" ]; then grep -vF -e "$3" -- "$z_file" >> "$p_new" || [ $? = 1 ]; fi
  [ "$4" = remove ] || printf '%s\\n' "$2" >> "$p_new"
  chown -h "$1:$a_gid" "$p_new"
  swap_in "$p_new" "$z_file" '' "$commit"
}
`;

export const authorizedKeyType = defineType({
  name: "authorized_key",
  summary: "A public key that may log in as a user.",
  example: 'authorizedKey("ada on root", { user: "root", key: "ssh-ed25519 AAAA… ada" })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read,
  diff: ({ desired: { ensure } }, seen) =>
    seen.has("key") ? [{ property: "ensure", from: ensure === "present" ? "absent" : "present", to: ensure }] : [],
  steps: ({ desired: { user, key, ensure } }) => [
    {
      kind: "call",
      function: "authorized_key_put",
      words: [user, key, blobOf(key), ensure === "present" ? "add" : "remove"],
      swaps: {},
    },
  ],
  autoRequire: ({ user, ensure }) => (ensure === "absent" ? [] : [`user[${user}]`]),
  claims: ({ user, key }) => ({ whole: [`key:${blobOf(key)} of ${user}`] }),
  absent: ({ name, user, key }) => ({ name, user, key, ensure: "absent" }),
});

/** A key that may log in as `user`: `authorizedKey("ada on root", { user: "root", key: "ssh-ed25519 AAAA… ada" })`. */
export const authorizedKey = declare({ name: "authorized_key", schema, titleKey: "name" });
