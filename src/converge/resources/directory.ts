import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { absolutePath, accountName, call, chunk, octalMode, parentOf } from "../words.ts";

const schema = z.strictObject({
  path: absolutePath,
  mode: octalMode.default("0755"),
  owner: accountName.default("root"),
  group: accountName.default("root"),
});

type Directory = z.output<typeof schema>;

const directoryBits = 0o040000;
const attributes = ({ mode, owner, group }: Directory) =>
  `${(directoryBits | Number.parseInt(mode, 8)).toString(16)} ${owner} ${group}`;

function read(items: readonly Item<Directory>[]): string {
  const groups = chunk(items, 200).map((group) => {
    const expected = group.map(({ desired }) => attributes(desired)).join("\n");
    const ids = group.map(({ id }) => id).join("\n");
    return call("stats_seen", expected, ids, ...group.map(({ desired }) => desired.path));
  });
  return groups.join("\n");
}

function diff({ desired }: Item<Directory>, seen: Seen): Change[] {
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

/** `install -d` makes what is missing above it with 0755, and refuses when something else has the name. */
const steps = ({ desired: { path, mode, owner, group } }: Item<Directory>): Step[] => [
  { kind: "run", argv: ["install", "-d", "-m", mode, "-o", owner, "-g", group, path] },
];

export const directoryType = defineType({
  name: "directory",
  summary: "A directory with its mode, owner and group; its content is not looked at.",
  example: 'directory("/srv/app", { mode: "0750", owner: "deploy" })',
  schema,
  titleKey: "path",
  read,
  diff,
  steps,
  autoRequire: ({ path, owner, group }) => [`directory[${parentOf(path)}]`, `user[${owner}]`, `group[${group}]`],
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
});

/** A directory with its attributes; its content isn't looked at. */
export const directory = declare({ name: "directory", schema, titleKey: "path" });
