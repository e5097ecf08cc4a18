import { z } from "zod";
import { declare } from "../declare.ts";
import { gitApplyShell, gitReadShell } from "../git-shell.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { absolutePath, accountName, call, foldersAbove } from "../words.ts";

/** What git-clone(1) takes, without a password in it: that would stand in every process list. */
const repository = z.union(
  [
    absolutePath,
    z.string().regex(/^(https?|git|file):\/\/[^\s@]*$/),
    z.string().regex(/^ssh:\/\/[^\s:]+(:\d+)?\/\S+$/),
    z.string().regex(/^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s]+$/),
  ],
  "must be an https://, ssh:// or git@host:path address or a path on the node, without a password in it",
);

const schema = z
  .strictObject({
    path: absolutePath.describe("Directory of the working tree"),
    repository: repository.optional().describe("Where it comes from"),
    ref: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_./+-]*$/, "must be a branch, a tag or a full commit id")
      .refine((ref) => !/\.\.|\/\/|\/$|\.lock$/.test(ref), "must be a branch, a tag or a full commit id")
      .default("main")
      .describe("Branch, tag or full commit id. Only a commit id is checked without asking the repository"),
    owner: accountName.default("root").describe("Account that owns the tree; git runs as this one"),
    group: accountName.default("root").describe("Group of the directory"),
    depth: z.int().min(0).default(0).describe("How many commits of history come along; 0: all"),
    identity: absolutePath
      .regex(/^[^'"]*$/, "must not hold quotes")
      .optional()
      .describe("Private key on the node for ssh, readable by the owner"),
    discardChanges: z
      .boolean()
      .default(false)
      .describe(
        "Whether changes by hand in tracked files count as drift and are thrown away; else they stay, and refuse a switch that would lose them",
      ),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("Absent: removed, if nothing would be lost with it"),
  })
  .refine(
    ({ repository, ensure }) => (repository !== undefined) === (ensure === "present"),
    "a present clone has a repository, an absent one none",
  );

type Git = z.output<typeof schema>;

const kindOf = ({ ref }: Git) => (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref) ? "commit" : "name");
const changesOf = ({ discardChanges }: Git) => (discardChanges ? "discard" : "keep");

function read(items: readonly Item<Git>[]): string {
  return items
    .map(({ id, desired }) => {
      const { path, ensure, repository = "", ref, owner, identity = "" } = desired;
      return call("git_seen", id, path, ensure, repository, ref, kindOf(desired), owner, identity, changesOf(desired));
    })
    .join("\n");
}

const short = (commit: string | undefined) => commit?.slice(0, 12) ?? "";

function diff({ desired }: Item<Git>, seen: Seen): Change[] {
  const { ref, repository = "" } = desired;
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  if (seen.has("foreign")) return [{ property: "content", from: "no clone", to: ref }];
  if (seen.has("absent"))
    return [
      { property: "ensure", from: "absent", to: "present" },
      { property: "commit", from: "none", to: ref },
    ];
  const [moved, unanswered] = [seen.get("repository"), seen.get("unanswered")];
  const wanted = seen.get("want");
  const commit =
    kindOf(desired) === "commit" ? short(wanted) : `${ref} (${wanted === "none" ? "unknown there" : short(wanted)})`;
  return [
    ...(moved === undefined ? [] : [{ property: "repository", from: moved || "none", to: repository }]),
    ...(seen.has("interrupted") ? [{ property: "checkout", from: "interrupted", to: "whole" }] : []),
    ...(wanted === undefined ? [] : [{ property: "commit", from: short(seen.get("head")), to: commit }]),
    ...(seen.has("modified") ? [{ property: "tree", from: "changed by hand", to: "as committed" }] : []),
    ...(unanswered === undefined
      ? []
      : [
          {
            property: "commit",
            from: short(unanswered),
            to: `${ref} (its repository doesn't answer)`,
            unknown: true as const,
          },
        ]),
  ];
}

function steps({ desired }: Item<Git>): Step[] {
  const { path, ensure, repository = "", ref, owner, group, depth, identity = "" } = desired;
  if (ensure === "absent") return [{ kind: "call", function: "git_away", words: [path, owner, changesOf(desired)] }];
  const words = [path, repository, ref, kindOf(desired), owner, group, depth, changesOf(desired), identity];
  return [{ kind: "call", function: "git_put", words }];
}

export const gitType = defineType({
  name: "git",
  summary: "A clone of a repository at a branch, a tag or a commit, with a detached HEAD.",
  example:
    'git("/srv/app", { repository: "https://git.example.org/app.git", ref: "v1.2", owner: "deploy", group: "deploy" })',
  schema,
  titleKey: "path",
  shell: { read: gitReadShell, apply: gitApplyShell },
  read,
  diff,
  steps,
  autoRequire: ({ path, owner, group, identity, ensure }) =>
    ensure === "absent"
      ? []
      : [
          ...foldersAbove(path),
          "package[git]",
          `user[${owner}]`,
          `group[${group}]`,
          `file[${identity}]`,
          "known_host[*]",
        ],
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
  absent: ({ path, owner }) => ({ path, owner, ensure: "absent" }),
});

/** A clone: `git("/srv/app", { repository: "https://git.example.org/app.git", ref: "v1.2", owner: "deploy" })`. */
export const git = declare({ name: "git", schema, titleKey: "path" });
