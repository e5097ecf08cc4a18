import { createHash } from "node:crypto";
import { z } from "zod";
import { Secret } from "../../secret.ts";
import { declare } from "../declare.ts";
import {
  creationWords,
  document,
  hostFileProperties,
  partApplyShell,
  partReadShell,
  placeProperties,
} from "../part-of-file.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { absolutePath, call, foldersAbove } from "../words.ts";

const mark = z.string().regex(/^[^\n\0]*$/, "must be one line");

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^\n\0]+$/, "must be one line")
      .describe("Stands in the lines that mark its begin and end: keep it, or the block counts as another one"),
    path: absolutePath.describe("The file; a link is followed"),
    content: z
      .union([z.string(), z.instanceof(Secret)])
      .refine((content) => !textOf(content).includes("\0"), "can't hold a NUL byte")
      .optional()
      .describe("Lines between the marks; the last one is ended if it isn't"),
    comment: mark.default("#").describe("What begins a comment in this file"),
    commentEnd: mark.default("").describe("What ends a comment, where that is needed: `-->`"),
    ensure: z.enum(["present", "absent"]).default("present").describe("Absent: neither the block nor its marks"),
    ...placeProperties,
    ...hostFileProperties,
  })
  .refine(
    ({ content, ensure }) => (content !== undefined) === (ensure === "present"),
    "a present block has content, an absent one none",
  )
  .refine(
    ({ insertAfter, insertBefore }) => insertAfter === undefined || insertBefore === undefined,
    "is inserted after or before, not both",
  );

type Block = z.output<typeof schema>;

const textOf = (content: string | Secret | undefined): string =>
  content instanceof Secret ? content.reveal() : (content ?? "");

/** Whole lines. */
function bodyOf({ content }: Block): string {
  const text = textOf(content);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

const markOf = ({ comment, commentEnd, name }: Block, word: "BEGIN" | "END") =>
  [comment, `${word} provision: ${name}`, commentEnd].filter(Boolean).join(" ");

/** A secret's lines don't travel for a read: its digest does, and is asked about one by one. */
function read(items: readonly Item<Block>[]): string {
  const open = items.filter(({ desired }) => !(desired.content instanceof Secret));
  const asked = open.flatMap(({ id, desired }) => {
    const body = bodyOf(desired).split("\n").slice(0, -1);
    return [id, desired.path, desired.ensure, markOf(desired, "BEGIN"), markOf(desired, "END"), body.length, ...body];
  });
  const scan = open.length > 0 ? [`block_scan ${document(asked)}`] : [];
  const each = items.map((item) => {
    const { id, desired } = item;
    const digest = createHash("sha256").update(bodyOf(desired)).digest("hex");
    const words = [id, desired.path, desired.ensure, markOf(desired, "BEGIN"), markOf(desired, "END"), digest];
    if (!open.includes(item)) return call("block_seen", ...words, "hide");
    return `! part_due ${id} || ${call("block_seen", ...words, "show")}`;
  });
  return [...scan, ...each].join("\n");
}

function diff({ desired }: Item<Block>, seen: Seen): Change[] {
  const shown = desired.content instanceof Secret ? "***" : countLines(bodyOf(desired));
  if (seen.has("file")) return [{ property: "block", to: shown }];
  const state = seen.get("state");
  if (desired.ensure === "absent")
    return state === undefined ? [] : [{ property: "block", from: "present", to: "none" }];
  if (state === undefined) return [];
  if (desired.content instanceof Secret)
    return [{ property: "block", from: state === "missing" ? "none" : "***", to: "*** (changed)" }];
  const before = Buffer.from(seen.get("text") ?? "", "base64").toString();
  const from = wordings[state] ?? countLines(before);
  return [{ property: "block", from, to: shown, text: { before, after: bodyOf(desired) } }];
}

const wordings: Readonly<Record<string, string>> = {
  missing: "none",
  repeated: "repeated",
  unfinished: "without its last line",
};

const countLines = (text: string) => {
  const count = text.split("\n").length - 1;
  return `${count} ${count === 1 ? "line" : "lines"}`;
};

function steps({ desired }: Item<Block>): Step[] {
  const { path, ensure, insertAfter = "", insertBefore = "", content, validate } = desired;
  const [begin, end] = [markOf(desired, "BEGIN"), markOf(desired, "END")];
  const words = [path, ensure, begin, end, insertAfter, insertBefore, ...creationWords(desired)];
  const text = `${begin}\n${bodyOf(desired)}${end}\n`;
  const payload = content instanceof Secret ? new Secret(text) : text;
  return [
    {
      kind: "call",
      function: "block_put",
      words,
      payload: ensure === "present" ? payload : "",
      swaps: validate ? { validate } : {},
    },
  ];
}

const readShell = `${partReadShell}
block_differing() { # items on stdin: id path present|absent begin end count, and so many lines
  awk '
    function next_line() { if ((getline got) <= 0) got = "="; return substr(got, 2) }
    BEGIN {
      while ((getline got) > 0) {
        n++; id[n] = substr(got, 2); path[n] = next_line(); ensure[n] = next_line(); begin[n] = next_line(); end[n] = next_line()
        size[n] = next_line() + 0
        for (j = 1; j <= size[n]; j++) body[n, j] = next_line()
      }
      for (i = 1; i <= n; i++) {
        p = path[i]
        if (!(p in count)) {
          count[p] = 0
          while ((r = (getline got < p)) > 0) text[p, ++count[p]] = got
          close(p)
        }
        found = 0; bad = 0; inside = 0
        for (j = 1; j <= count[p]; j++) {
          got = text[p, j] ""
          if (got == begin[i]) { found++; inside = 1; at = 0 }
          else if (inside && got == end[i]) { inside = 0; if (at != size[i]) bad = 1 }
          else if (inside) { at++; if (at > size[i] || got != (body[i, at] "")) bad = 1 }
        }
        if (ensure[i] == "present" ? (found != 1 || inside || bad) : found) print id[i]
      }
      print "ok"
    }'
}
block_scan() { e_due=" $(echo $(block_differing)) "; }
block_find() { # path begin end: FROM,TO of each; FROM, without an end
  BEGIN_MARK=$2 END_MARK=$3 awk '
    ($0 "") == ENVIRON["BEGIN_MARK"] && !from { from = NR; next }
    from && ($0 "") == ENVIRON["END_MARK"] { print from "," NR; from = 0 }
    END { if (from) print from "," }' < "$1"
}
block_seen() { # id path present|absent begin end digest show|hide
  if [ ! -f "$2" ]; then [ "$3" = absent ] || seen "$1" file absent; return 0; fi
  e_found=$(block_find "$2" "$4" "$5")
  if [ "$3" = absent ]; then [ -z "$e_found" ] || seen "$1" state present; return 0; fi
  case $e_found in
    '') seen "$1" state missing; return 0 ;;
    *,) seen "$1" state unfinished; return 0 ;;
    *,*,*) seen "$1" state repeated; return 0 ;;
  esac
  e_digest=$(block_body "$2" "$e_found" | sha256sum)
  [ "\${e_digest%% *}" != "$6" ] || return 0
  seen "$1" state differs
  [ "$7" = hide ] || seen "$1" text "$(block_body "$2" "$e_found" | base64 | tr -d '\\n')"
}
block_body() { # path FROM,TO
  e_first=$((\${2%,*} + 1)) e_last=$((\${2#*,} - 1))
  [ "$e_first" -gt "$e_last" ] || sed -n "$e_first,$e_last p" < "$1"
}
`;

const applyShell = `${partApplyShell}
block_put() { # path present|absent begin end after before mode|- owner group; the block with its marks on stdin
  part_open "$1" "$7" "$8" "$9"
  e_found=$(block_find "$e_from" "$3" "$4" | tr '\\n' ' ')
  case $e_found in *", "*) echo "$e_path has the line \\"$3\\" and no line \\"$4\\" after it: mend this by hand"; return 1 ;; esac
  if [ "$2" = absent ]; then part_splice 0 $e_found </dev/null
  else
    if [ -n "$e_found" ]; then e_at=\${e_found%%,*}; e_at=$((e_at - 1)); else part_place "$5" "$6"; fi
    base64 -d | part_splice "$e_at" $e_found
  fi
  part_close
}
`;

export const blockType = defineType({
  name: "block",
  summary: "Lines between two marks in a file of which the rest belongs to others; the rest stays byte for byte.",
  example: 'block("our pools", { path: "/etc/chrony/chrony.conf", content: "server ntp1.example.org iburst\\n" })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  autoRequire: ({ path, ensure }) => (ensure === "absent" ? [] : foldersAbove(path)),
  claims: (desired) => ({
    part: [`path:${desired.path}`],
    whole: [`block:${desired.path}: ${markOf(desired, "BEGIN")}`],
  }),
  absent: ({ name, path, comment, commentEnd }) => ({ name, path, comment, commentEnd, ensure: "absent" }),
});

/** Marked lines in a file: `block("our pools", { path: "/etc/chrony/chrony.conf", content: "server ntp1 iburst\n" })`. */
export const block = declare({ name: "block", schema, titleKey: "name" });
