import { createHash } from "node:crypto";
import { z } from "zod";
import { Secret } from "../../secret.ts";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { absolutePath, accountName, call, chunk, octalMode, parentOf } from "../words.ts";

const schema = z
  .strictObject({
    path: absolutePath,
    ensure: z.enum(["present", "absent"]).default("present"),
    content: z.union([z.string(), z.instanceof(Secret)]).optional(),
    mode: octalMode.default("0644"),
    owner: accountName.default("root"),
    group: accountName.default("root"),
    validate: z
      .array(z.string())
      .refine((argv) => argv.some((word) => word.includes("%")), "must hold % where the new file's path goes")
      .optional(),
  })
  .refine(
    (file) => (file.content !== undefined) === (file.ensure === "present"),
    "a present file has content, an absent one none",
  );

type File = z.output<typeof schema>;

const regularFile = 0o100000;
const textOf = (content: File["content"]) => (content instanceof Secret ? content.reveal() : (content ?? ""));
const digestOf = (file: File) => createHash("sha256").update(textOf(file.content)).digest("hex");
const rawMode = (file: File) => (regularFile | Number.parseInt(file.mode, 8)).toString(16);
const attributes = (file: File) => `${rawMode(file)} ${file.owner} ${file.group}`;

/** Two processes for many files as long as nothing differs; each differing group is then looked at one by one. */
function read(items: readonly Item<File>[]): string {
  const gone = items.filter(({ desired }) => desired.ensure === "absent");
  const there = items.filter(({ desired }) => desired.ensure === "present");
  return [
    ...gone.map(({ id, desired }) => call("gone_seen", id, desired.path)),
    ...chunk(there, 200).map((group) => {
      const paths = group.map(({ desired }) => desired.path);
      const digests = group.map(({ desired }) => `${digestOf(desired)}  ${desired.path}`).join("\n");
      const stats = group.map(({ desired }) => attributes(desired)).join("\n");
      const each = group.map(({ id, desired }) =>
        call(
          "file_seen",
          id,
          desired.path,
          digestOf(desired),
          attributes(desired),
          desired.content instanceof Secret ? "hide" : "show",
        ),
      );
      return `if ! { ${call("same_digests", digests, ...paths)} && ${call("same_stats", stats, ...paths)}; }; then\n${each.join("\n")}\nfi`;
    }),
  ].join("\n");
}

function diff({ desired }: Item<File>, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  if (seen.has("absent"))
    return [{ property: "ensure", from: "absent", to: "present" }, ...contentChange(desired, seen)];
  return [...contentChange(desired, seen), ...attributeChanges(desired, seen.get("attributes"))];
}

function contentChange(file: File, seen: Seen): Change[] {
  const digest = seen.get("digest");
  if (digest === undefined && !seen.has("absent")) return [];
  if (file.content instanceof Secret) return [{ property: "content", from: "***", to: "*** (changed)" }];
  const encoded = seen.get("content");
  const before =
    encoded === undefined ? (seen.has("absent") ? "" : undefined) : Buffer.from(encoded, "base64").toString();
  const from = digest?.slice(0, 12) ?? "none";
  const names = { property: "content", from, to: digestOf(file).slice(0, 12) };
  return [before === undefined ? names : { ...names, text: { before, after: textOf(file.content) } }];
}

function attributeChanges(file: File, found: string | undefined): Change[] {
  if (found === undefined) return [];
  const [raw = "", owner = "", group = ""] = found.split(" ");
  const bits = Number.parseInt(raw, 16);
  const kind = bits & 0o170000;
  const pairs: readonly (readonly [string, string, string])[] = [
    [
      "type",
      kind === regularFile ? "file" : kind === 0o040000 ? "directory" : kind === 0o120000 ? "link" : "special",
      "file",
    ],
    ["mode", (bits & 0o7777).toString(8).padStart(4, "0"), file.mode],
    ["owner", owner, file.owner],
    ["group", group, file.group],
  ];
  return pairs.filter(([, from, to]) => from !== to).map(([property, from, to]) => ({ property, from, to }));
}

function steps({ desired }: Item<File>): Step[] {
  const { path, content, mode, owner, group, validate } = desired;
  if (content === undefined) return [{ kind: "remove", path }];
  return [{ kind: "write", path, content, mode, owner, group, ...(validate ? { validate } : {}) }];
}

const readShell = `
file_seen() { # id path digest attributes show|hide
  stat_seen "$1" "$2" "$4"
  case $s_stat in 8*) ;; *) return 0 ;; esac
  s_digest=$(sha256sum < "$2"); s_digest=\${s_digest%% *}
  [ "$s_digest" != "$3" ] || return 0
  seen "$1" digest "$s_digest"
  if [ "$5" = show ] && [ "$(wc -c < "$2")" -le 262144 ]; then
    seen "$1" content "$(base64 < "$2" | tr -d '\\n')"
  fi
}
`;

export const fileType = defineType({
  name: "file",
  summary: "A regular file with its content, mode, owner and group.",
  example: 'file("/etc/motd", { content: "web01\\n", mode: "0644" })',
  schema,
  titleKey: "path",
  shell: { read: readShell },
  read,
  diff,
  steps,
  autoRequire: ({ path, owner, group }) => [`directory[${parentOf(path)}]`, `user[${owner}]`, `group[${group}]`],
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** A regular file: `file("/etc/motd", { content: "…", mode: "0644", validate: ["visudo", "-cf", "%"] })`. */
export const file = declare({ name: "file", schema, titleKey: "path" });
