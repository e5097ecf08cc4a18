import { creationWords, document, isSafeForAwk, partApplyShell, partReadShell } from "./part-of-file.ts";
import type { Change, Seen } from "./resource.ts";
import type { Step } from "./step.ts";
import { call } from "./words.ts";

/** What several types come down to: one line that must stand in a file, or must not. */
export interface LineInFile {
  /** `~USER/…` is in that user's home, which only the host knows. */
  readonly path: string;
  readonly ensure: "present" | "absent";
  readonly line?: string | undefined;
  /** POSIX ERE. Every other line that it matches is one that this line replaces. */
  readonly match?: string | undefined;
  readonly insertAfter?: string | undefined;
  readonly insertBefore?: string | undefined;
  readonly create: boolean;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly validate?: readonly string[] | undefined;
}

export interface NumberedLine {
  readonly id: number;
  readonly line: LineInFile;
}

/** One awk over all files finds the items that differ; only those are looked at one by one, by grep. */
export function readLines(items: readonly NumberedLine[]): string {
  const quick = items.filter(({ line: { path, match } }) => !path.startsWith("~") && isSafeForAwk(match ?? ""));
  const asked = quick.flatMap(({ id, line: { path, ensure, line = "", match = "" } }) => [
    id,
    path,
    ensure,
    line,
    match,
  ]);
  const scan = quick.length > 0 ? [`line_scan ${document(asked)}`] : [];
  const each = items.map((item) => {
    const { path, ensure, line = "", match = "" } = item.line;
    const look = call("line_seen", item.id, path, ensure, line, match);
    return quick.includes(item) ? `! part_due ${item.id} || ${look}` : look;
  });
  return [...scan, ...each].join("\n");
}

export function diffLine({ line = "", ensure }: LineInFile, seen: Seen): Change[] {
  if (seen.has("file")) return [{ property: "line", to: line }];
  const [old, more] = [seen.get("old"), seen.get("more")];
  if (ensure === "absent") return old === undefined ? [] : [{ property: "line", from: old, to: "none" }];
  if (more !== undefined) return [{ property: "further line", from: more, to: "none" }];
  if (old !== undefined) return [{ property: "line", from: old, to: line }];
  return seen.has("missing") ? [{ property: "line", from: "none", to: line }] : [];
}

export function stepsOfLine(wanted: LineInFile): Step[] {
  const { path, ensure, line = "", match = "", insertAfter = "", insertBefore = "", validate } = wanted;
  const words = [path, ensure, line, match, insertAfter, insertBefore, ...creationWords(wanted)];
  return [{ kind: "call", function: "line_put", words, swaps: validate ? { validate } : {} }];
}

export const lineReadShell = `${partReadShell}
line_differing() { # items on stdin, five lines each: id path present|absent line match
  awk '
    function next_line() { if ((getline got) <= 0) got = "="; return substr(got, 2) }
    BEGIN {
      while ((getline got) > 0) {
        n++; id[n] = substr(got, 2); path[n] = next_line(); ensure[n] = next_line(); line[n] = next_line(); match_[n] = next_line()
      }
      for (i = 1; i <= n; i++) {
        p = path[i]
        if (!(p in count)) {
          count[p] = 0
          while ((r = (getline got < p)) > 0) text[p, ++count[p]] = got
          if (r < 0) count[p] = -1
          close(p)
        }
        same = 0; other = 0
        for (j = 1; j <= count[p]; j++) {
          got = text[p, j]
          if (line[i] != "" && (got "") == line[i]) same = 1
          else if (match_[i] != "" && got ~ match_[i]) other = 1
        }
        if (ensure[i] == "present" ? (!same || other) : (same || other)) print id[i]
      }
      print "ok"
    }'
}
line_scan() { e_due=" $(echo $(line_differing)) "; }
line_seen() { # id path present|absent line match
  if ! part_path "$2" || [ ! -f "$e_path" ]; then [ "$3" = absent ] || seen "$1" file absent; return 0; fi
  if [ "$3" = absent ]; then
    if { [ -n "$4" ] && e_old=$(grep -m 1 -xF -e "$4" -- "$e_path"); } ||
      { [ -n "$5" ] && e_old=$(grep -m 1 -E -e "$5" -- "$e_path"); }; then seen "$1" old "$(part_shown "$e_old")"; fi
  elif grep -qxF -e "$4" -- "$e_path"; then
    if [ -n "$5" ] && e_old=$(grep -E -e "$5" -- "$e_path" | grep -m 1 -vxF -e "$4"); then seen "$1" more "$(part_shown "$e_old")"; fi
  elif [ -n "$5" ] && e_old=$(grep -m 1 -E -e "$5" -- "$e_path"); then seen "$1" old "$(part_shown "$e_old")"
  else seen "$1" missing yes; fi
}
`;

export const lineApplyShell = `${partApplyShell}
line_numbers() { sed 's/:.*//' | tr '\\n' ' '; }
line_put() { # path present|absent line match after before mode|- owner group
  part_open "$1" "$7" "$8" "$9"
  e_same= e_more= e_other=
  [ -z "$3" ] || e_same=" $(grep -nxF -e "$3" -- "$e_from" | line_numbers)"
  [ -z "$4" ] || e_more=$(grep -nE -e "$4" -- "$e_from" | line_numbers)
  for e_line in $e_more; do case $e_same in *" $e_line "*) ;; *) e_other="$e_other $e_line" ;; esac; done
  if [ "$2" = absent ]; then part_splice 0 $e_same $e_other </dev/null
  elif [ -n "\${e_same# }" ]; then part_splice 0 $e_other </dev/null
  else
    if [ -n "$e_other" ]; then e_at=\${e_other# }; e_at=\${e_at%% *}; else part_place "$5" "$6"; fi
    printf '%s\\n' "$3" | part_splice "$e_at" $e_other
  fi
  part_close
}
`;
