import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { treeShell } from "../tree-shell.ts";
import { absolutePath, accountName, call, chunk, foldersAbove, octalMode } from "../words.ts";

const schema = z
  .strictObject({
    path: absolutePath.describe("Where it is; what is missing above it is made too, as root's with 0755"),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("Absent: removed if it is empty; else that is a failure which names what is in it"),
    purge: z
      .boolean()
      .default(false)
      .describe("An absent one is removed with all that is in it; that can't be rolled back"),
    mode: octalMode.default("0755").describe("Permissions, four octal digits"),
    owner: accountName.default("root").describe("Account that owns it"),
    group: accountName.default("root").describe("Group that owns it"),
  })
  .refine(({ ensure, purge }) => !purge || ensure === "absent", "purge goes with ensure: absent")
  .refine(({ path, purge }) => !purge || !isVital(path), "is too much of the system to be purged");

/** What no role may remove with all that is in it. */
const isVital = (path: string) =>
  /^\/[^/]+$/.test(path) ||
  /^\/(bin|boot|dev|lib|lib64|proc|sbin|sys)\//.test(path) ||
  /^\/usr\/(?!local\/)/.test(path) ||
  /^\/(etc\/(apt|pam\.d|ssh|ssl|systemd)|var\/(cache|lib|lib\/(dpkg|rpm|systemd|provision-node)|log|spool))$/.test(
    path,
  );

type Directory = z.output<typeof schema>;

const directoryBits = 0o040000;
const attributes = ({ mode, owner, group }: Directory) =>
  `${(directoryBits | Number.parseInt(mode, 8)).toString(16)} ${owner} ${group}`;

function read(items: readonly Item<Directory>[]): string {
  const gone = items.filter(({ desired }) => desired.ensure === "absent");
  const there = items.filter(({ desired }) => desired.ensure === "present");
  const groups = chunk(there, 200).map((group) => {
    const expected = group.map(({ desired }) => attributes(desired)).join("\n");
    const ids = group.map(({ id }) => id).join("\n");
    return call("stats_seen", expected, ids, ...group.map(({ desired }) => desired.path));
  });
  return [...gone.map(({ id, desired }) => call("gone_seen", id, desired.path)), ...groups].join("\n");
}

function diff({ desired }: Item<Directory>, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  if (seen.has("absent")) return [{ property: "ensure", from: "absent", to: "present" }];
  const found = seen.get("attributes");
  if (found === undefined) return [];
  const [raw = "", owner = "", group = ""] = found.split(" ");
  const bits = Number.parseInt(raw, 16);
  const pairs: readonly (readonly [string, string, string])[] = [
    ["type", (bits & 0o170000) === directoryBits ? "directory" : "something else", "directory"],
    ["mode", (bits & 0o7777).toString(8).padStart(4, "0"), desired.mode],
    ["owner", owner, desired.owner],
    ["group", group, desired.group],
  ];
  return pairs.filter(([, from, to]) => from !== to).map(([property, from, to]) => ({ property, from, to }));
}

function steps({ desired: { path, ensure, purge, mode, owner, group } }: Item<Directory>): Step[] {
  return ensure === "absent"
    ? [{ kind: "call", function: "directory_away", words: [path, purge ? "purge" : "keep"] }]
    : [{ kind: "call", function: "directory_put", words: [path, mode, owner, group] }];
}

const applyShell = `${treeShell}
directory_put() { # path mode owner group
  if [ -L "$1" ] && [ ! -d "$1" ]; then echo "$1 is a link to nowhere"; return 1; fi
  if [ -e "$1" ] && [ ! -d "$1" ]; then echo "$1 is there and no directory"; return 1; fi
  make_directory "$@"
}
directory_away() { # path purge|keep
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then return 0; fi
  if [ -L "$1" ] || [ ! -d "$1" ]; then echo "$1 is no directory and is left alone"; return 1; fi
  if [ "$2" = purge ]; then remove_tree "$1"; return; fi
  is_empty "$1" || { echo "$1 is not empty (purge: true would remove all of it):"; ls -A "$1" | head -n 10; return 1; }
  rmdir "$1"
}
`;

/** An absent one waits until what is declared absent inside it is gone. */
const neighbours = ({ path, owner, group, ensure }: Directory): string[] =>
  ensure === "absent"
    ? ["file", "template", "link", "directory"].map((type) => `${type}[${path}/*]`)
    : [...foldersAbove(path), `user[${owner}]`, `group[${group}]`];

export const directoryType = defineType({
  name: "directory",
  summary: "A directory with its mode, owner and group; its content is not looked at.",
  example: 'directory("/srv/app", { mode: "0750", owner: "deploy" })',
  schema,
  titleKey: "path",
  shell: { apply: applyShell },
  read,
  diff,
  steps,
  autoRequire: neighbours,
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
  /** One that still holds something stays, and says so. */
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** A directory with its attributes; its content isn't looked at. */
export const directory = declare({ name: "directory", schema, titleKey: "path" });
