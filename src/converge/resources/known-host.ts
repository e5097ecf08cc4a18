import { z } from "zod";
import { declare } from "../declare.ts";
import { diffLine, type LineInFile, lineApplyShell, lineReadShell, readLines, stepsOfLine } from "../line-in-file.ts";
import { defineType, type Item } from "../resource.ts";
import type { Step } from "../step.ts";
import { treeShell } from "../tree-shell.ts";
import { accountName } from "../words.ts";

/** sshd(8), SSH_KNOWN_HOSTS FILE FORMAT: a name or address, with a port as `[name]:port`; neither hashes nor patterns. */
const sshHost = z
  .string()
  .regex(/^([A-Za-z0-9._:-]+|\[[A-Za-z0-9._:-]+\]:\d{1,5})$/, 'must be a host or "[host]:port"');

const schema = z.strictObject({
  name: sshHost.describe("The host as ssh is told it; another port than 22 as `[host]:2222`"),
  aliases: z.array(sshHost).default([]).describe("Further names and addresses with the same key"),
  key: z
    .string()
    .trim()
    .regex(
      /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{40,}={0,2}$/,
      "must be a key's type and the key",
    )
    .describe("Its public key: `ssh-ed25519 AAAA…`. One of each type can be known"),
  user: accountName
    .optional()
    .describe("Only this user knows it, in ~/.ssh/known_hosts; by default the whole system does"),
  ensure: z.enum(["present", "absent"]).default("present").describe("Whether it is known at all"),
});

type KnownHost = z.output<typeof schema>;

const pathOf = ({ user }: KnownHost) => (user ? `~${user}/.ssh/known_hosts` : "/etc/ssh/ssh_known_hosts");

const literal = (text: string) => text.replaceAll(/[.[\]]/g, "\\$&");

/** A key of another type stays: a host has one of each. */
function lineOf(desired: KnownHost): LineInFile {
  const { name, aliases, key, user, ensure } = desired;
  const [keyType = ""] = key.split(" ");
  return {
    path: pathOf(desired),
    ensure,
    line: `${[name, ...aliases].join(",")} ${key}`,
    match: `^([^ #]*,)?${literal(name)}(,[^ ]*)? ${keyType} `,
    create: true,
    mode: user ? "0600" : "0644",
    owner: user ?? "root",
    group: user ?? "root",
  };
}

const applyShell = `${lineApplyShell}${treeShell}
known_host_folder() { # user
  account "$1" || { echo "there is no user $1"; return 1; }
  [ -d "$a_home/.ssh" ] || make_directory "$a_home/.ssh" 0700 "$1" "$a_gid"
}
`;

function steps(desired: KnownHost): Step[] {
  const { user, ensure } = desired;
  const folder: Step[] =
    user && ensure === "present" ? [{ kind: "call", function: "known_host_folder", words: [user] }] : [];
  return [...folder, ...stepsOfLine(lineOf(desired))];
}

export const knownHostType = defineType({
  name: "known_host",
  summary: "A host's public key as ssh should know it, for the whole system or for one user.",
  example: 'knownHost("git.example.org", { key: "ssh-ed25519 AAAA…", user: "deploy" })',
  schema,
  titleKey: "name",
  shell: { read: lineReadShell, apply: applyShell },
  read: (items: readonly Item<KnownHost>[]) =>
    readLines(items.map(({ id, desired }) => ({ id, line: lineOf(desired) }))),
  diff: ({ desired }: Item<KnownHost>, seen) => diffLine(lineOf(desired), seen),
  steps: ({ desired }: Item<KnownHost>) => steps(desired),
  autoRequire: ({ user, ensure }) =>
    ensure === "absent" ? [] : user ? [`user[${user}]`] : ["directory[/etc/ssh]", "package[openssh-client]"],
  claims: (desired) => ({ part: [`path:${pathOf(desired)}`] }),
  absent: ({ name, aliases, key, user }) => ({ name, aliases, key, ...(user ? { user } : {}), ensure: "absent" }),
});

/** A host's key for ssh: `knownHost("git.example.org", { key: "ssh-ed25519 AAAA…" })`. */
export const knownHost = declare({ name: "known_host", schema, titleKey: "name" });
