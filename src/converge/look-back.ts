import type { Shell } from "../transport/shell.ts";
import { fail } from "./errors.ts";
import { lookBackShell } from "./rollback-shell.ts";
import { call } from "./words.ts";

/** As the host's `look` tells it; `digest` is of the content, of a link of its target. */
export interface FileState {
  readonly kind: string;
  /** Octal. */
  readonly mode: string;
  readonly uid: string;
  readonly gid: string;
  readonly digest: string;
}

/** One file that a run replaced, made or removed. */
export interface ReplacedFile {
  readonly path: string;
  readonly before: FileState;
  /** As the run left it. */
  readonly after: FileState;
  readonly now: FileState;
  /** Is its former content kept on the host? */
  readonly kept: boolean;
  /** Only what everybody on the host may read. */
  readonly texts?: { readonly before: string; readonly now: string };
}

const lookTimeoutMs = 120_000;

/** What the host kept of a run, in the order of the run; undefined when it has nothing of it. Throws `read-failed`. */
export async function lookBack(shell: Shell, key: string): Promise<readonly ReplacedFile[] | undefined> {
  const script = `${lookBackShell}${call("look_back", key)} </dev/null\n`;
  const { stdout, stderr, exitCode } = await shell.run({ script }, { timeoutMs: lookTimeoutMs });
  const lines = stdout.split("\n");
  if (!lines.includes("@end")) throw fail("read-failed", { host: shell.name, exitCode, output: stderr.slice(-2000) });
  return parseLookBack(lines);
}

interface Draft {
  readonly path: string;
  readonly before: FileState;
  after: FileState;
  now: FileState;
  kept: boolean;
  former: string | undefined;
  present: string | undefined;
}

/** A file that was replaced more than once goes back to what it was at first. */
export function parseLookBack(lines: readonly string[]): readonly ReplacedFile[] | undefined {
  if (lines.includes("@none")) return undefined;
  const drafts = new Map<string, Draft>();
  let current: { draft: Draft; first: boolean } | undefined;
  for (const line of lines) {
    const [mark = "", ...words] = line.split(" ");
    if (mark === "@j") current = addLine(drafts, words);
    else if (mark === "@lost" && current?.first) current.draft.kept = false;
    else if (mark === "@then" && current?.first) current.draft.former = words[0] ?? "";
    else if (mark === "@now" && current) current.draft.present = words[0] ?? "";
  }
  return [...drafts.values()].map(toFile);
}

function addLine(drafts: Map<string, Draft>, words: readonly string[]): { draft: Draft; first: boolean } {
  const [before, after, now] = [stateOf(words, 0), stateOf(words, 5), stateOf(words, 10)];
  const path = words.slice(15).join(" ");
  const known = drafts.get(path);
  if (known) {
    known.after = after;
    return { draft: known, first: false };
  }
  const draft = { path, before, after, now, kept: before.kind !== "large", former: undefined, present: undefined };
  drafts.set(path, draft);
  return { draft, first: true };
}

function stateOf(words: readonly string[], from: number): FileState {
  const [kind = "", mode = "", uid = "", gid = "", digest = ""] = words.slice(from, from + 5);
  return { kind, mode, uid, gid, digest };
}

function toFile({ path, before, after, now, kept, former, present }: Draft): ReplacedFile {
  const texts = [textOf(before, former), textOf(now, present)];
  const [old, current] = texts;
  const shown = old === undefined || current === undefined ? {} : { texts: { before: old, now: current } };
  return { path, before, after, now, kept, ...shown };
}

const textOf = ({ kind }: FileState, encoded: string | undefined) =>
  kind === "absent" ? "" : encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();

export const stateWords = ({ kind, mode, uid, gid, digest }: FileState) => [kind, mode, uid, gid, digest].join(" ");

export type Verdict = "as it was" | "restore" | "changed since" | "not kept";

/** May it be put back? Only what is still as the run left it. */
export function judgeFile({ before, after, now, kept }: ReplacedFile): Verdict {
  if (stateWords(now) === stateWords(before)) return "as it was";
  if (!kept || !["file", "link", "absent"].includes(before.kind)) return "not kept";
  return stateWords(now) === stateWords(after) ? "restore" : "changed since";
}
