import type { Pool, PoolMember } from "../disks.ts";
import { given } from "./json-path.ts";
import { isWhole, shareOf } from "./pool.ts";

/** A heading of the text, and the fields below it. */
interface Section {
  readonly kind: "controller" | "array" | "volume" | "drive" | "end";
  readonly word: string;
  readonly fields: Map<string, string>;
}

/** Arrays of one controller; its logical drives share the array's disks. */
interface HpeArray {
  readonly slot: string;
  readonly volumes: Section[];
  readonly drives: Section[];
}

/**
 * `ssacli ctrl all show config detail` (hpssacli, hpacucli before): text whose headings part it. Lists of drives in brackets
 * (`physicaldrive 2I:1:5 (port …)`) say less than the paragraphs after them. A pool for each logical drive.
 */
export function poolsOfHpe(lines: readonly string[]): readonly Pool[] {
  return arraysOf(lines).flatMap(({ slot, volumes, drives }) => {
    const members = drives.map((drive) => memberOf(slot, drive));
    return volumes.map((volume) => poolOf(slot, volume, members));
  });
}

function arraysOf(lines: readonly string[]): readonly HpeArray[] {
  const arrays: HpeArray[] = [];
  let slot = "";
  let current: HpeArray | undefined;
  for (const section of sectionsOf(lines)) {
    if (section.kind === "volume") current?.volumes.push(section);
    else if (section.kind === "drive") current?.drives.push(section);
    else current = undefined;
    if (section.kind === "controller") slot = section.word;
    if (section.kind !== "array") continue;
    current = { slot, volumes: [], drives: [] };
    arrays.push(current);
  }
  return arrays;
}

/** The first field of a name: `Status` of the thing itself stands before that of its parts. */
function sectionsOf(lines: readonly string[]): readonly Section[] {
  const sections: Section[] = [];
  for (const line of lines) {
    const heading = headingOf(line);
    if (heading) sections.push({ ...heading, fields: new Map() });
    const fields = sections.at(-1)?.fields;
    const [, name = "", value = ""] = /^\s+([^:]+?):\s*(.*?)\s*$/.exec(line) ?? [];
    if (!heading && name !== "" && fields && !fields.has(name)) fields.set(name, value);
  }
  return sections;
}

const headings: readonly (readonly [Section["kind"], RegExp])[] = [
  ["controller", /^\S.* in Slot (\w+)/],
  ["array", /^\s+array:? (\w+)\b/i],
  ["volume", /^\s+logical ?drive:? (\d+)\s*$/i],
  ["drive", /^\s+physicaldrive (\S+)\s*$/],
  ["end", /^\s+(Unassigned|HBA Drives|Enclosure SEP|Expander|SEP) ?/i],
];

function headingOf(line: string): Pick<Section, "kind" | "word"> | undefined {
  for (const [kind, pattern] of headings) {
    const word = pattern.exec(line)?.[1];
    if (word !== undefined) return { kind, word };
  }
  return undefined;
}

function memberOf(slot: string, { word: place, fields }: Section): PoolMember {
  const said = fields.get("Status") ?? "unknown";
  const isSpare = /spare/i.test(fields.get("Drive Type") ?? "");
  const state = memberState(said);
  return {
    name: `slot=${slot} pd ${place}`,
    ...given("serial", fields.get("Serial Number") || undefined),
    slot: place,
    state: isSpare && state === "ok" ? "spare" : state,
    said,
  };
}

/** A disk that is predicted to fail still serves: the controller doesn't fail it, a person must. Only `OK` is ok. */
function memberState(said: string): PoolMember["state"] {
  if (/^OK$/i.test(said)) return "ok";
  if (/predictive/i.test(said)) return "predicted";
  if (/rebuild|recover/i.test(said)) return "rebuilding";
  if (/missing|removed/i.test(said)) return "missing";
  return /fail|offline|not present/i.test(said) ? "failed" : "unknown";
}

/** By fault tolerance as it writes it; `1+0` has its drives' pairs in no certain order: any one out is the last that may be. */
const levels: Readonly<Record<string, readonly [level: string, tolerates: number]>> = {
  ...{ "0": ["raid0", 0], "1": ["raid1", 1], "1+0": ["raid10", 1], "5": ["raid5", 1], "5+0": ["raid50", 1] },
  ...{ "50": ["raid50", 1], "6": ["raid6", 2], "60": ["raid60", 2], "6+0": ["raid60", 2] },
  ...{ "1 ADM": ["raid1", 2], "1 (ADM)": ["raid1", 2], ADM: ["raid1", 2] },
};

function poolOf(slot: string, { word: number, fields }: Section, members: readonly PoolMember[]): Pool {
  const said = fields.get("Status") ?? "unknown";
  const tolerance = fields.get("Fault Tolerance") ?? "";
  const [level, tolerates] = levels[tolerance] ?? [tolerance === "" ? "unknown" : `raid${tolerance}`, 0];
  const state = poolState(said, members);
  const out = members.filter((member) => member.state !== "spare" && !isWhole(member)).length;
  const left = Math.min(tolerates - out, /^OK$/i.test(said) ? tolerates : tolerates - 1);
  const completed = shareOf(/([\d.]+)% complete/i.exec(said)?.[1]);
  return {
    ...{ kind: "hpe", name: `slot=${slot} ld ${number}`, level, state, said },
    redundancyLeft: state === "failed" || state === "unknown" ? 0 : Math.max(0, left),
    ...given("rebuild", state === "rebuilding" ? given("completed", completed) : undefined),
    members,
  };
}

/** "Ready for Rebuild" and "Queued for Rebuild" wait; "Interim Recovery Mode" runs without its redundancy. */
function poolState(said: string, members: readonly PoolMember[]): Pool["state"] {
  if (/^OK$/i.test(said)) return members.some((one) => one.state !== "spare" && !isWhole(one)) ? "degraded" : "ok";
  if (/^(recovering|rebuilding)/i.test(said)) return "rebuilding";
  if (/interim recovery|(ready|queued|waiting) for (rebuild|recovery)|degraded/i.test(said)) return "degraded";
  return /fail|offline/i.test(said) ? "failed" : "unknown";
}
