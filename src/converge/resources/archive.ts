import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { treeShell } from "../tree-shell.ts";
import { absolutePath, accountName, call, foldersAbove, octalMode } from "../words.ts";

const schema = z
  .strictObject({
    path: absolutePath.describe(
      "Directory that holds what was in the archive, and nothing else: all of it is replaced when the archive changes",
    ),
    source: z
      .union(
        [absolutePath, z.string().regex(/^https?:\/\/[^\s/@?#]+(\/[^\s]*)?$/)],
        "must be a path on the node, or an http:// or https:// address without a password in it",
      )
      .optional()
      .describe(
        "A tar file, packed or not: a path on the node, or an address that the node fetches it from (with curl or wget)",
      ),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
      .optional()
      .describe("Digest of the file; another one is never unpacked"),
    stripComponents: z.int().min(0).max(20).default(0).describe("How many leading folders of each name are left out"),
    mode: octalMode.default("0755").describe("Permissions of the directory itself, four octal digits"),
    owner: accountName.default("root").describe("Account that owns all of it"),
    group: accountName.default("root").describe("Group that owns all of it"),
    replace: z.boolean().default(false).describe("Whether something else may be replaced that is there already"),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("Absent: removed, if an archive was unpacked there"),
  })
  .refine(
    ({ source, sha256, ensure }) => [source, sha256].every((one) => (one !== undefined) === (ensure === "present")),
    "a present archive has source and sha256, an absent one neither",
  );

type Archive = z.output<typeof schema>;

/** Stands in the directory and says what it was made from. */
const markOf = ({ sha256, stripComponents, mode, owner, group }: Archive) =>
  [sha256, `strip=${stripComponents}`, `mode=${mode}`, `owner=${owner}`, `group=${group}`].join(" ");

const read = (items: readonly Item<Archive>[]) =>
  items.map(({ id, desired }) => call("archive_seen", id, desired.path, desired.ensure, markOf(desired))).join("\n");

function diff({ desired }: Item<Archive>, seen: Seen): Change[] {
  if (seen.has("exists")) return [{ property: "ensure", from: "present", to: "absent" }];
  const to = desired.sha256?.slice(0, 12) ?? "";
  if (seen.has("absent"))
    return [
      { property: "ensure", from: "absent", to: "present" },
      { property: "sha256", from: "none", to },
    ];
  if (seen.has("foreign")) return [{ property: "content", from: "of other origin", to: `archive ${to}` }];
  const found = seen.get("mark");
  if (found === undefined) return [];
  const [sha256 = "", ...rest] = found.split(" ");
  const wanted = markOf(desired).split(" ").slice(1);
  const pairs = [["sha256", sha256.slice(0, 12), to], ...wanted.map((one, index) => pair(rest[index] ?? "", one))];
  return pairs
    .filter(([, from, to]) => from !== to)
    .map(([property = "", from = "", to = ""]) => ({ property, from, to }));
}

const pair = (found: string, wanted: string) => [
  wanted.split("=")[0] ?? "",
  found.split("=")[1] ?? "none",
  wanted.split("=")[1] ?? "",
];

function steps({ desired }: Item<Archive>): Step[] {
  const { path, ensure, source = "", sha256 = "", stripComponents, mode, owner, group, replace } = desired;
  if (ensure === "absent") return [{ kind: "call", function: "archive_away", words: [path] }];
  const words = [
    path,
    source,
    sha256,
    stripComponents,
    mode,
    `${owner}:${group}`,
    markOf(desired),
    replace ? "replace" : "keep",
  ];
  return [{ kind: "call", function: "archive_put", words }];
}

const readShell = `
archive_mark() { # path: what it was made from, in $z_mark
  z_mark=
  [ ! -r "$1/.provision-archive" ] || IFS= read -r z_mark < "$1/.provision-archive" || :
  case $z_mark in *[!A-Za-z0-9=_\\ -]*) z_mark=damaged ;; esac
}
archive_seen() { # id path present|absent mark
  if [ "$3" = absent ]; then gone_seen "$1" "$2"; return 0; fi
  archive_mark "$2"
  if [ "$z_mark" = "$4" ]; then return 0; fi
  if [ -n "$z_mark" ]; then seen "$1" mark "$z_mark"
  elif [ -e "$2" ] || [ -L "$2" ]; then seen "$1" foreign yes
  else seen "$1" absent yes; fi
}
`;

/** Unpacked beside and renamed: what is in the directory is always one archive, whole. */
const applyShell = `${treeShell}
archive_fetch() { # address file
  if command -v curl >/dev/null 2>&1; then curl -fsSL --retry 2 --connect-timeout 20 --proto =http,https -o "$2" --url "$1"
  elif command -v wget >/dev/null 2>&1; then wget -q -O "$2" "$1"
  else echo "this host has neither curl nor wget"; return 1; fi
}
archive_open() { # file: what it holds, unpacked; not every tar finds out by itself how it is packed
  case $(head -c 6 "$1" | od -An -tx1 | tr -d ' \\n') in
    1f8b*) gzip -dc < "$1" ;;
    fd377a585a00) xz -dc < "$1" ;;
    28b52ffd*) zstd -dc < "$1" ;;
    425a68*) bzip2 -dc < "$1" ;;
    *) cat "$1" ;;
  esac
}
archive_put() { # path source sha256 strip mode owner:group mark replace|keep
  z_beside=\${1%/*}/.\${1##*/}.provision
  z_new=$z_beside-unpacked z_old=$z_beside-old z_file=$z_beside-download
  if [ -d "$z_old" ] && [ ! -e "$1" ]; then mv -T "$z_old" "$1"; fi
  rm -rf "$z_old" "$z_new" "$z_file"
  archive_mark "$1"
  if [ -z "$z_mark" ] && [ -e "$1" ] && [ "$8" = keep ] && ! is_empty "$1"; then
    echo "$1 is there and was not unpacked by provision; with replace: true it would be replaced"; return 1
  fi
  case $2 in /*) z_from=$2 ;; *) z_from=$z_file; archive_fetch "$2" "$z_file" ;; esac
  z_sum=$(sha256sum < "$z_from"); z_sum=\${z_sum%% *}
  if [ "$z_sum" != "$3" ]; then rm -f "$z_file"; echo "its SHA-256 is $z_sum, not $3"; return 1; fi
  mkdir -m 0700 "$z_new"
  archive_open "$z_from" | tar -x -o -f - -C "$z_new" --strip-components="$4" || { rm -rf "$z_new" "$z_file"; return 1; }
  rm -f "$z_file"
  if is_empty "$z_new"; then rm -rf "$z_new"; echo "nothing is left of it without its first $4 folders"; return 1; fi
  chown -R -h "$6" "$z_new"
  printf '%s\\n' "$7" > "$z_new/.provision-archive"
  chmod "$5" "$z_new"
  sync
  if [ -e "$1" ] || [ -L "$1" ]; then mv -T "$1" "$z_old"; fi
  mv -T "$z_new" "$1"
  sync "\${1%/*}/" 2>/dev/null || :
  [ ! -e "$z_old" ] || remove_tree "$z_old"
}
archive_away() { # path
  archive_mark "$1"
  if [ -z "$z_mark" ] && ! is_empty "$1"; then echo "$1 was not unpacked by provision and is left alone"; return 1; fi
  remove_tree "$1"
}
`;

export const archiveType = defineType({
  name: "archive",
  summary:
    "A directory with the content of a tar file, which is fetched, checked by its digest and put in place whole.",
  example:
    'archive("/opt/app", { source: "https://example.org/app-1.2.tar.gz", sha256: "9f86d0…", stripComponents: 1 })',
  schema,
  titleKey: "path",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  autoRequire: ({ path, owner, group, source, ensure }) =>
    ensure === "absent"
      ? []
      : [
          ...foldersAbove(path),
          `user[${owner}]`,
          `group[${group}]`,
          `file[${source}]`,
          "package[curl]",
          "package[tar]",
          "package[xz-utils]",
          "package[zstd]",
        ],
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** An unpacked tar file: `archive("/opt/app", { source: "https://…/app-1.2.tar.gz", sha256: "…", stripComponents: 1 })`. */
export const archive = declare({ name: "archive", schema, titleKey: "path" });
