import type { Pool } from "../disks.ts";
import { given } from "./json-path.ts";
import { shareOf } from "./pool.ts";
import type { Vdev, ZfsPool } from "./zfs-tree.ts";

/** A row of the table below `config:`. */
interface Row {
  readonly depth: number;
  readonly name: string;
  readonly state: string | undefined;
  readonly counts: readonly (string | undefined)[];
  readonly note: string;
}

/**
 * `zpool status -P -v`, before OpenZFS 2.3, and the same with `-g`, whose names are GUIDs: its rows are in the same order, and
 * by a GUID ZFS finds a device whose name means nothing any more (openzfs#1174).
 */
export function poolsOfText(status: readonly string[], withGuids: readonly string[]): readonly ZfsPool[] {
  const guids = sectionsOf(withGuids);
  return sectionsOf(status).map((lines, at) => {
    const field = (name: string) =>
      lines.find((line) => line.trimStart().startsWith(`${name}:`))?.replace(/^\s*\w+:\s*/, "");
    const rows = rowsOf(lines);
    const ids = rowsOf(guids[at] ?? []).map(({ name }) => name);
    const groups = groupsOf(rows, ids.length === rows.length ? ids : rows.map(({ name }) => name));
    const of = (...names: readonly string[]) =>
      groups.filter(([name]) => names.includes(name)).flatMap(([, vdevs]) => vdevs);
    const name = field("pool") ?? "";
    return {
      name,
      state: field("state") ?? "UNKNOWN",
      ...given("status", paragraph(lines, "status")),
      dataErrors: !/^No known data errors$/.test(field("errors") ?? "No known data errors"),
      vital: of(name, "special", "dedup"),
      other: of("logs"),
      spares: of("spares"),
      ...given("rebuild", rebuildOf(paragraph(lines, "scan") ?? "")),
    };
  });
}

function sectionsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const sections: string[][] = [];
  for (const line of lines) {
    if (/^\s*pool: /.test(line)) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

/** A field and the lines by which it goes on, which begin with a tab. */
function paragraph(lines: readonly string[], name: string): string | undefined {
  const start = lines.findIndex((line) => line.trimStart().startsWith(`${name}:`));
  if (start < 0) return undefined;
  const end = lines.findIndex((line, at) => at > start && !/^(?:\t|\s{8})/.test(line));
  const words = lines.slice(start, end < 0 ? undefined : end).join(" ");
  return words
    .slice(words.indexOf(":") + 1)
    .split(/\s+/)
    .filter(Boolean)
    .join(" ");
}

function rowsOf(lines: readonly string[]): readonly Row[] {
  const start = lines.findIndex((line) => /^config:/.test(line));
  return lines.slice(start + 1).flatMap((line) => {
    const [, blanks = "", name = "", state, reads, writes, checksums, note = ""] =
      /^\t( *)(\S+)(?:\s+([A-Z_]{4,})(?:\s+(\S+)\s+(\S+)\s+(\S+))?)?(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    return start < 0 || name === "" || name === "NAME"
      ? []
      : [{ depth: blanks.length / 2, name, state, counts: [reads, writes, checksums], note }];
  });
}

/** What stands at the left edge is the pool itself, or the heading of a class. */
function groupsOf(rows: readonly Row[], guids: readonly string[]): readonly (readonly [string, readonly Vdev[]])[] {
  const heads = rows.flatMap(({ depth }, at) => (depth === 0 ? [at] : []));
  return heads.map((head, at) => [
    rows[head]?.name ?? "",
    vdevsOf(rows.slice(head + 1, heads[at + 1]), guids.slice(head + 1, heads[at + 1]), 1),
  ]);
}

function vdevsOf(rows: readonly Row[], guids: readonly string[], depth: number): readonly Vdev[] {
  const heads = rows.flatMap((row, at) => (row.depth === depth ? [at] : []));
  return heads.map((head, at) => {
    const end = heads[at + 1];
    return vdevOf(
      rows[head] as Row,
      guids[head] ?? "",
      vdevsOf(rows.slice(head + 1, end), guids.slice(head + 1, end), depth + 1),
    );
  });
}

function vdevOf(row: Row, guid: string, children: readonly Vdev[]): Vdev {
  const [readErrors, writeErrors, checksumErrors] = row.counts.map(countOf);
  const was = /\bwas (\/\S+)/.exec(row.note)?.[1];
  return {
    type: children.length > 0 ? (/^[a-z]+\d*/.exec(row.name)?.[0] ?? "unknown") : "disk",
    guid,
    state: row.state ?? "UNKNOWN",
    ...given("device", was ?? (row.name.startsWith("/") ? row.name : undefined)),
    ...given("note", row.note === "" || was ? undefined : row.note),
    resilvering: /resilver/.test(row.note),
    ...given("readErrors", readErrors),
    ...given("writeErrors", writeErrors),
    ...given("checksumErrors", checksumErrors),
    children,
  };
}

/** `1.68K`: thousands of 1024. */
function countOf(text: string | undefined): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([KMG]?)$/.exec(text ?? "") ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * 1024 ** ["", "K", "M", "G"].indexOf(unit));
}

function rebuildOf(scan: string): Pool["rebuild"] {
  if (!/resilver in progress/.test(scan)) return undefined;
  const percent = /([\d.]+)% done/.exec(scan)?.[1];
  return {
    ...given("completed", shareOf(percent)),
    ...given("remainingSeconds", toGo(scan)),
  };
}

/** `21:27:01 to go`, `0 days 21:27:01 to go`, and `0h46m to go` of older ones. */
function toGo(scan: string): number | undefined {
  const clock = /(?:(\d+) days? )?(\d+):(\d+):(\d+) to go/.exec(scan);
  if (clock) {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((one) => Number(one ?? 0));
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  }
  const old = /(\d+)h(\d+)m to go/.exec(scan);
  return old ? (Number(old[1]) * 60 + Number(old[2])) * 60 : undefined;
}
