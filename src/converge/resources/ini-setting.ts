import { createHash } from "node:crypto";
import { z } from "zod";
import { Secret } from "../../secret.ts";
import { declare } from "../declare.ts";
import { creationWords, document, hostFileProperties, partApplyShell, partReadShell } from "../part-of-file.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { absolutePath, call, foldersAbove } from "../words.ts";

const trimmed = /^(\S([^\n\0]*\S)?)?$/;

const schema = z
  .strictObject({
    name: z.string().describe("What it is called, for people"),
    path: absolutePath.describe("The file; a link is followed"),
    section: z
      .string()
      .regex(/^[^\]\n\0]*$/, "must be one line without a ]")
      .default("")
      .describe("Without its brackets; empty: what stands before the first section. A missing one is added at the end"),
    key: z
      .string()
      .regex(/^[^\s=:#;[\0]([^\n\0=:]*[^\s=:\0])?$/, "must be a key without = and :, and no comment")
      .describe("Name of the setting"),
    value: z
      .union([z.string(), z.int(), z.instanceof(Secret)])
      .transform((value) => (typeof value === "number" ? String(value) : value))
      .refine((value) => trimmed.test(textOf(value)), "must be one line without blanks around it")
      .optional()
      .describe("What it is set to; further lines with this key in the section go"),
    separator: z
      .string()
      .regex(/^[ \t]*[=:]?[ \t]*$/, "must be = or :, with or without blanks, or only blanks")
      .min(1)
      .default(" = ")
      .describe("Between key and value where a line is written; other blanks in the file are no difference"),
    ensure: z.enum(["present", "absent"]).default("present").describe("Absent: no line with this key in the section"),
    ...hostFileProperties,
  })
  .refine(
    ({ value, ensure }) => (value !== undefined) === (ensure === "present"),
    "a present setting has a value, an absent one none",
  );

type IniSetting = z.output<typeof schema>;

const textOf = (value: string | Secret | undefined) => (value instanceof Secret ? value.reveal() : (value ?? ""));

/** What awk is asked: the value too, unless it is a secret; that one is compared by its digest. */
const question = ({ path, section, key, separator, ensure, value }: IniSetting): string[] => [
  path,
  section,
  key,
  separator.trim(),
  ensure,
  value instanceof Secret ? "?" : `=${textOf(value)}`,
];

function read(items: readonly Item<IniSetting>[]): string {
  const open = items.filter(({ desired }) => !(desired.value instanceof Secret));
  const asked = document(open.flatMap(({ id, desired }) => [id, ...question(desired)]));
  const secrets = items
    .filter((item) => !open.includes(item))
    .map(({ id, desired }) => {
      const digest = createHash("sha256").update(textOf(desired.value)).digest("hex");
      return `${call("ini_setting_secret", id, digest)} ${document([id, ...question(desired)])}`;
    });
  return [...(open.length > 0 ? [`ini_setting_told ${asked}`] : []), ...secrets].join("\n");
}

function diff({ desired }: Item<IniSetting>, seen: Seen): Change[] {
  const hidden = desired.value instanceof Secret;
  const to = hidden ? "*** (changed)" : textOf(desired.value);
  const property = desired.section ? `[${desired.section}] ${desired.key}` : desired.key;
  if (seen.has("file")) return [{ property, to: hidden ? "***" : to }];
  const state = seen.get("state");
  if (state === undefined) return [];
  const from = state === "missing" ? "none" : hidden ? "***" : (seen.get("value") ?? "");
  return [
    {
      property,
      from: state === "repeated" ? `${from} (and further ones)` : from,
      to: desired.ensure === "absent" ? "none" : to,
    },
  ];
}

function steps({ desired }: Item<IniSetting>): Step[] {
  const { path, section, key, separator, ensure, value, validate } = desired;
  const words = [path, ensure, section, key, separator.trim(), ...creationWords(desired)];
  const text = `${key}${separator}${textOf(value)}\n`;
  const payload = value instanceof Secret ? new Secret(text) : text;
  return [
    {
      kind: "call",
      function: "ini_setting_put",
      words,
      payload: ensure === "present" ? payload : "",
      swaps: validate ? { validate } : {},
    },
  ];
}

const readShell = `${partReadShell}
ini_setting_scan() { # items on stdin, seven lines each: id path section key delimiter present|absent =VALUE|?
  # Of those that differ: "ID hit LINE VALUE" for each line with the key, "ID end LINE" for where a new one goes, -1: no such section.
  awk '
    function next_line() { if ((getline got) <= 0) got = "="; return substr(got, 2) }
    function trim(s) { sub(/^[ \\t\\r]+/, "", s); sub(/[ \\t\\r]+$/, "", s); return s }
    function value_of(s, key, delimiter,  rest) {
      if (substr(s, 1, length(key)) != key) return "\\n"
      rest = substr(s, length(key) + 1)
      if (rest == "") return ""
      if (delimiter == "") return rest ~ /^[ \\t]/ ? trim(rest) : "\\n"
      rest = trim(rest)
      return substr(rest, 1, 1) == delimiter ? trim(substr(rest, 2)) : "\\n"
    }
    function look(i, p, want,  j, s, name, inside, last, lead, hits, first, line, value) {
      inside = section[i] == ""; last = inside ? 0 : -1; lead = inside; hits = 0; name = ""
      for (j = 1; j <= count[p]; j++) {
        s = trim(text[p, j])
        if (lead && s !~ /^[#;]/) lead = 0
        if (lead) last = j
        if (s == "" || s ~ /^[#;]/) continue
        if (s ~ /^\\[[^]]*\\]/) {
          name = trim(substr(s, 2, index(s, "]") - 2)); inside = name == section[i] && name != ""
          if (inside && last < 0) { last = j; first = 1 } else first = 0
          continue
        }
        if (!inside) continue
        if (section[i] == "" || first) last = j
        value = value_of(s, key[i], delimiter[i])
        if (value != "\\n") { hits++; line[hits] = j; text_of[hits] = value }
      }
      if (want != "?" && ensure[i] == "present" && hits == 1 && ("=" text_of[1]) == want) return
      if (want != "?" && ensure[i] == "absent" && !hits) return
      for (j = 1; j <= hits; j++) print id[i], "hit", line[j], text_of[j]
      print id[i], "end", last
    }
    BEGIN {
      while ((getline got) > 0) {
        n++; id[n] = substr(got, 2); path[n] = next_line(); section[n] = next_line(); key[n] = next_line()
        delimiter[n] = next_line(); ensure[n] = next_line(); want[n] = next_line()
      }
      for (i = 1; i <= n; i++) {
        p = path[i]
        if (!(p in count)) {
          count[p] = 0
          while ((r = (getline got < p)) > 0) text[p, ++count[p]] = got
          if (r < 0) missing[p] = 1
          close(p)
        }
        if (p in missing) { if (ensure[i] == "present") print id[i], "file" } else look(i, p, want[i])
      }
      print "ok"
    }'
}
ini_setting_told() { # the same items
  e_last= e_told=$(ini_setting_scan)
  case $e_told in *ok) ;; *) echo '@missing awk' ;; esac
  while IFS=' ' read -r e_id e_what e_line e_value; do
    case $e_what in
      file) seen "$e_id" file absent ;;
      end) [ "$e_last" = "$e_id" ] || seen "$e_id" state missing ;;
      hit)
        if [ "$e_last" = "$e_id" ]; then seen "$e_id" state repeated
        else seen "$e_id" state differs; seen "$e_id" value "$(part_shown "$e_value")"; fi
        e_last=$e_id ;;
    esac
  done <<EOT
$e_told
EOT
}
ini_setting_secret() { # id digest; its item on stdin
  e_told=$(ini_setting_scan) e_hits=0 e_digest=
  while IFS=' ' read -r e_id e_what e_line e_value; do
    case $e_what in
      file) seen "$1" file absent; return 0 ;;
      hit) e_hits=$((e_hits + 1)); e_digest=$(printf '%s' "$e_value" | sha256sum) ;;
    esac
  done <<EOT
$e_told
EOT
  case $e_hits in
    0) seen "$1" state missing ;;
    1) [ "\${e_digest%% *}" = "$2" ] || seen "$1" state differs ;;
    *) seen "$1" state repeated ;;
  esac
}
`;

const applyShell = `${partApplyShell}
ini_setting_put() { # path present|absent section key delimiter mode|- owner group; the line on stdin
  part_open "$1" "$6" "$7" "$8"
  e_told=$(printf '=%s\\n' 0 "$e_from" "$3" "$4" "$5" "$2" '?' | ini_setting_scan)
  e_hits= e_end=-1
  while IFS=' ' read -r e_id e_what e_line e_value; do
    case $e_what in hit) e_hits="$e_hits $e_line" ;; end) e_end=$e_line ;; esac
  done <<EOT
$e_told
EOT
  e_indent=
  if [ "$2" = absent ]; then e_at=0
  elif [ -n "$e_hits" ]; then
    e_at=\${e_hits# } e_at=\${e_at%% *}
    e_indent=$(sed -n "$e_at s/[^[:blank:]].*//p" < "$e_from")
  elif [ "$e_end" -ge 0 ]; then e_at=$e_end
  else
    e_at=$(grep -c '' "$e_from") || :
    e_indent="[$3]$nl"
    case $(tail -n 1 "$e_from") in *[![:space:]]*) e_indent=$nl$e_indent ;; esac
  fi
  { [ "$2" = absent ] || printf '%s' "$e_indent"; base64 -d; } | part_splice "$e_at" $e_hits
  part_close
}
`;

export const iniSettingType = defineType({
  name: "ini_setting",
  summary: "One setting in a file of sections, keys and values; comments, order and all other lines stay.",
  example:
    'iniSetting("upload limit", { path: "/etc/php/8.2/fpm/php.ini", section: "PHP", key: "upload_max_filesize", value: "64M" })',
  schema,
  titleKey: "name",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  autoRequire: ({ path, ensure }) => (ensure === "absent" ? [] : foldersAbove(path)),
  claims: ({ path, section, key }) => ({ part: [`path:${path}`], whole: [`setting:${path} [${section}] ${key}`] }),
  absent: ({ name, path, section, key, separator }) => ({ name, path, section, key, separator, ensure: "absent" }),
});

/** A setting: `iniSetting("upload limit", { path: "/etc/php/8.2/fpm/php.ini", section: "PHP", key: "upload_max_filesize", value: "64M" })`. */
export const iniSetting = declare({ name: "ini_setting", schema, titleKey: "name" });
