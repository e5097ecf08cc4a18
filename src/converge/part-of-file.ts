import { z } from "zod";
import { accountName, octalMode } from "./words.ts";

/** What the types share that own only a part of a file: a line, a block, a setting. */

/**
 * A POSIX extended regular expression as grep -E takes it (XBD §9.4), without what only some tools know: after a
 * backslash stands punctuation, and classes are written `[[:space:]]`.
 */
export const extendedRegex = z
  .string()
  .min(1)
  .regex(/^[^\n\0]*$/, "must be one line")
  .refine(
    (text) => !/\\[A-Za-z0-9<>'`]/.test(text),
    "knows no \\s, \\d, \\w or \\b: write [[:space:]], [0-9], [[:alnum:]_]",
  )
  .refine((text) => !/\(\?/.test(text), "knows no (?…)")
  .refine(compiles, "is not a regular expression");

/** JavaScript's own compiler finds what is out of balance; brackets, which have other rules, are left to the host. */
function compiles(text: string): boolean {
  try {
    new RegExp(text.replaceAll(/(?<!\\)\[\^?\]?(\[:[a-z]+:\]|[^\]])*\]/g, "x"));
    return true;
  } catch {
    return false;
  }
}

/** May awk be asked instead of grep? Not about `{2,3}`, which Debian's mawk takes for itself; nor about `[\.]`. */
export const isSafeForAwk = (regex: string) => !/\{|\[[^\]]*\\/.test(regex);

/** Properties of a file of which only a part is owned. */
export const hostFileProperties = {
  create: z.boolean().default(false).describe("Make the file if it isn't there; else its absence is a failure"),
  mode: octalMode.default("0644").describe("Permissions of a file that is made, four octal digits"),
  owner: accountName.default("root").describe("Owner of a file that is made; an existing one keeps its own"),
  group: accountName.default("root").describe("Group of a file that is made; an existing one keeps its own"),
  validate: z
    .array(z.string())
    .refine((argv) => argv.some((word) => word.includes("%")), "must hold % where the new file's path goes")
    .optional()
    .describe("Command that must accept the new file before it takes its place; `%` stands for its path"),
};

/** Where something new goes, if neither is said: at the end. */
export const placeProperties = {
  insertAfter: extendedRegex
    .optional()
    .describe("Where a new one goes: behind the last line that this matches (POSIX ERE)"),
  insertBefore: extendedRegex
    .optional()
    .describe("Where a new one goes: in front of the first line that this matches (POSIX ERE)"),
};

export const oneLine = z.string().regex(/^[^\n\0]+$/, "must be one line, and not empty");

interface HostFile {
  readonly create: boolean;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/** As `part_open` takes it. */
export const creationWords = ({ create, mode, owner, group }: HostFile): string[] => [
  create ? mode : "-",
  owner,
  group,
];

/** Lines for the standard input of a function: each behind a `=`, so that none can end the document. */
export const document = (lines: readonly (string | number)[]) =>
  `<<'@'\n${lines.map((line) => `=${line}\n`).join("")}@`;

/** For reading. `part_due` knows which items one awk over all of them found to differ; without an answer, all of them. */
export const partReadShell = `
part_path() { # path, or ~USER/path in that user's home: in $e_path
  e_path=$1
  case $1 in
    "~"*)
      e_user=\${1%%/*} e_user=\${e_user#"~"}
      account "$e_user" || { e_path=; return 1; }
      e_path=$a_home/\${1#*/} ;;
  esac
}
part_due() { # id
  case $e_due in *" ok ") ;; *) return 0 ;; esac
  case $e_due in *" $1 "*) return 0 ;; esac
  return 1
}
part_shown() { printf '%s' "$1" | tr -c ' -~' '?' | cut -c 1-200; }
`;

/** For changing: everything outside the part stays byte for byte, and the file keeps its mode, owner and attributes. */
export const partApplyShell = `
part_open() { # path mode|- owner group: the file behind its links in $e_path, its lines in $e_from, its successor in $p_new
  part_path "$1" || { echo "there is no user $e_user"; return 1; }
  if [ -L "$e_path" ]; then
    # A link in a user's home is the user's: followed, it could lead root to any file.
    case $1 in "~"*) echo "$e_path is a link of $e_user's and is left alone"; return 1 ;; *) e_path=$(readlink -f -- "$e_path") ;; esac
  fi
  e_from=$e_path
  beside "$e_path"
  if [ -f "$e_path" ]; then cp -a -- "$e_path" "$p_new"
  elif [ -e "$e_path" ]; then echo "$e_path is not a file"; return 1
  elif [ "$2" = - ]; then echo "$e_path is not there (create: true would make it)"; return 1
  else
    e_from=/dev/null
    ( umask 077; : > "$p_new" )
    chown "$3:$4" "$p_new"
    chmod "$2" "$p_new"
  fi
}
part_place() { # after before: the line behind which something new goes, in $e_at
  e_at=
  if [ -n "$1" ]; then e_at=$(grep -nE -e "$1" -- "$e_from" | tail -n 1); e_at=\${e_at%%:*}
  elif [ -n "$2" ]; then e_at=$(grep -nE -e "$2" -- "$e_from" | head -n 1); e_at=\${e_at%%:*}; [ -z "$e_at" ] || e_at=$((e_at - 1)); fi
  [ -n "$e_at" ] || e_at=$(grep -c '' "$e_from") || :
}
part_splice() { # line behind which the text on stdin goes, then lines or FROM,TO that go away
  e_at=$1; shift
  e_drop=
  for e_line in "$@"; do e_drop="$e_drop$e_line d;"; done
  e_rest=$e_drop
  : > "$p_new"
  if [ "$e_at" -gt 0 ]; then
    sed -e "$((e_at + 1)),$ d;$e_drop" < "$e_from" > "$p_new"
    e_rest="1,$e_at d;$e_drop"
  fi
  e_text=$(cat; echo .); e_text=\${e_text%.}
  if [ -n "$e_text" ]; then
    if [ -n "$(tail -c 1 "$p_new")" ]; then echo >> "$p_new"; fi
    printf '%s' "$e_text" >> "$p_new"
  fi
  sed -e "$e_rest" < "$e_from" >> "$p_new"
}
part_close() { swap_in "$p_new" "$e_path" "$check" "$commit"; }
`;
