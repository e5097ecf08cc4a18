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

export const authorizedKeyType = defineType({
  name: "authorized_key",
  schema,
  titleKey: "name",
  read: (items: readonly Item<AuthorizedKey>[]) =>
    items
      .map(({ id, desired: { user, key, ensure } }) => call("authorized_key_seen", id, user, blobOf(key), ensure))
      .join("\n"),
  diff: ({ desired: { ensure } }, seen) =>
    seen.has("key") ? [{ property: "ensure", from: ensure === "present" ? "absent" : "present", to: ensure }] : [],
  steps: ({ desired: { user, key, ensure } }) => [
    { kind: "authorize", user, key, action: ensure === "present" ? "add" : "remove" },
  ],
  autoRequire: ({ user }) => [`user[${user}]`],
});

/** A key that may log in as `user`: `authorizedKey("ada on root", { user: "root", key: "ssh-ed25519 AAAA… ada" })`. */
export const authorizedKey = declare({ name: "authorized_key", schema, titleKey: "name" });
