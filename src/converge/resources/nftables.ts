import { createHash } from "node:crypto";
import { z } from "zod";
import { declare } from "../declare.ts";
import { type Change, defineType, type Item, type Seen } from "../resource.ts";
import type { Step } from "../step.ts";
import { call } from "../words.ts";
import { diffFile, readFiles, stepsOfFile, type WrittenFile } from "../written-file.ts";

const identifier = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, "must be a table's name: letters, digits, underscores");

const schema = z
  .strictObject({
    table: identifier.describe(
      "The table, which is wholly this resource's; its file is /etc/nftables.d/FAMILY-TABLE.nft",
    ),
    family: z.enum(["inet", "ip", "ip6", "arp", "bridge", "netdev"]).default("inet").describe("Which packets come by"),
    ensure: z.enum(["present", "absent"]).default("present").describe("`absent`: the table and its file are removed"),
    rules: z
      .string()
      .optional()
      .describe("What stands between the table's braces (nft(8)): sets, maps, chains; loaded whole or not at all"),
  })
  .refine(({ ensure, rules }) => (rules !== undefined) === (ensure === "present"), {
    message: "a present table has rules, an absent one none",
  });

type Table = z.output<typeof schema>;

const nameOf = ({ family, table }: Pick<Table, "family" | "table">) => `${family}-${table}`;
const configuration = "/etc/nftables.conf";

/** Declared, deleted, made anew: one transaction of the kernel, whether the table was there or not. */
function textOf({ family, table, rules = "" }: Table): string {
  const name = `${family} ${table}`;
  return `table ${name}\ndelete table ${name}\ntable ${name} {\n${rules.trim()}\n}\n`;
}

const fileOf = (table: Table): WrittenFile => ({
  path: `/etc/nftables.d/${nameOf(table)}.nft`,
  ensure: table.ensure,
  content: table.ensure === "present" ? textOf(table) : undefined,
  mode: "0644",
  owner: "root",
  group: "root",
  validate: ["nft", "-c", "-f", "%"],
});

const digestOf = (table: Table) => createHash("sha256").update(textOf(table)).digest("hex");

/** Counters never count as a difference; elements don't where packets may add them. */
const listing = ({ rules = "" }: Table) => (/\b(dynamic|timeout)\b/.test(rules) ? "-st" : "-s");

const read = (items: readonly Item<Table>[]) =>
  [
    readFiles(items.map(({ id, desired }) => ({ id, file: fileOf(desired) }))),
    "nftables_included",
    ...items.map(({ id, desired }) => {
      const { family, table, ensure } = desired;
      const wanted = ensure === "present" ? digestOf(desired) : "-";
      return call("nftables_seen", id, family, table, wanted, listing(desired));
    }),
  ].join("\n");

function diff({ desired }: Item<Table>, seen: Seen): Change[] {
  const live = seen.get("live");
  const to = desired.ensure === "present" ? "as loaded from the file" : "absent";
  return [
    ...diffFile(fileOf(desired), seen),
    ...(live === undefined ? [] : [{ property: "table", from: live, to }]),
    ...(seen.has("boot") ? [{ property: "at boot", from: "not included", to: `included in ${configuration}` }] : []),
  ];
}

function steps({ desired }: Item<Table>, seen: Seen): Step[] {
  const { family, table, ensure } = desired;
  const file = fileOf(desired);
  if (ensure === "absent") {
    return [...stepsOfFile(file), { kind: "call", function: "nftables_drop", words: [family, table] }];
  }
  const differs = [...seen.keys()].some((key) => key !== "live" && key !== "boot");
  return [
    { kind: "run", argv: ["mkdir", "-p", "/etc/nftables.d"] },
    ...(differs ? stepsOfFile(file) : []),
    ...(seen.has("boot") ? [{ kind: "call", function: "nftables_include", words: [] } as const] : []),
    { kind: "call", function: "nftables_load", words: [family, table, digestOf(desired), listing(desired)] },
  ];
}

/** What a table looked like right after it was loaded is kept, with the digest of the text that it was loaded from. */
const readShell = `
nftables_line='include "/etc/nftables.d/*.nft"'
nftables_included() { # is the folder included at boot? in $f_boot
  f_boot=no
  [ -r ${configuration} ] || return 0
  while IFS= read -r f_line; do [ "$f_line" != "$nftables_line" ] || f_boot=yes; done < ${configuration}
}
nftables_live() { # family table flags: the digest of the live table, or absent
  f_text=$(nft "$3" list table "$1" "$2" 2>/dev/null) || { f_live=absent; return 0; }
  f_live=$(printf '%s\\n' "$f_text" | sha256sum); f_live=\${f_live%% *}
}
nftables_seen() { # id family table digest|- flags
  nftables_live "$2" "$3" "$5"
  if [ "$4" = - ]; then
    [ "$f_live" = absent ] || seen "$1" live present
    return 0
  fi
  [ "$f_boot" = yes ] || seen "$1" boot missing
  f_source= f_kept=
  if [ -r "$state/nftables/$2-$3" ]; then { read -r f_source; read -r f_kept; } < "$state/nftables/$2-$3"; fi
  case $f_live in
    absent) seen "$1" live absent ;;
    "$f_kept") [ "$f_source" = "$4" ] || seen "$1" live 'loaded from another text' ;;
    *) if [ -n "$f_kept" ]; then seen "$1" live 'changed by hand'; else seen "$1" live 'not loaded from here'; fi ;;
  esac
}
`;

const applyShell = `
nftables_include() {
  beside ${configuration}
  if [ -e ${configuration} ]; then cp -p ${configuration} "$p_new"; else printf '#!/usr/sbin/nft -f\\nflush ruleset\\n' > "$p_new"; chmod 0755 "$p_new"; fi
  printf '%s\\n' "$nftables_line" >> "$p_new"
  swap_in "$p_new" ${configuration}
}
nftables_load() { # family table digest flags
  nft -f "/etc/nftables.d/$1-$2.nft"
  nftables_live "$1" "$2" "$4"
  mkdir -p "$state/nftables"
  printf '%s\\n%s\\n' "$3" "$f_live" > "$state/nftables/.new"
  mv -f "$state/nftables/.new" "$state/nftables/$1-$2"
}
nftables_drop() { # family table
  if nft list table "$1" "$2" >/dev/null 2>&1; then nft delete table "$1" "$2"; fi
  rm -f "$state/nftables/$1-$2"
}
`;

export const nftablesType = defineType({
  name: "nftables",
  summary:
    "A table of the packet filter: checked, loaded in one piece, kept for the next boot, and compared with what the kernel has.",
  example:
    'nftables("site", { rules: "chain input { type filter hook input priority 0; policy accept; tcp dport 23 drop; }" })',
  schema,
  titleKey: "table",
  shell: { read: readShell, apply: applyShell },
  read,
  diff,
  steps,
  autoRequire: () => ["package[nftables]"],
  claims: (table) => ({
    whole: [`path:${fileOf(table).path}`, `nftables table:${table.family} ${table.table}`],
    part: [`path:${configuration}`],
  }),
  absent: ({ table, family }) => ({ table, family, ensure: "absent" }),
});

/** A table of the packet filter. For the next boot the unit is needed too: `service("nftables.service", { enabled: true })`. */
export const nftables = declare({ name: "nftables", schema, titleKey: "table" });
