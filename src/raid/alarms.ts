import type { SmartReport } from "../disks.ts";
import { isInSync, serialOf } from "./members.ts";
import { judgeSmart } from "./smart-verdict.ts";
import type { DisksStatus, Reason, Severity } from "./status.ts";
import type { World } from "./world.ts";

/** One look at a host's disks, and what it came to. */
export interface Look {
  readonly world: World;
  readonly status: Pick<DisksStatus, "reasons">;
}

/** Something that somebody should hear of, once. */
export interface DiskAlarm {
  /** `replace`: a disk wants to be replaced; `smart-drift`: its counters rose; `worse`: anything else that is new. */
  readonly kind: "worse" | "smart-drift" | "replace";
  /** A disk's serial, an array, a file system. */
  readonly about: string;
  readonly severity: Severity;
  readonly text: string;
}

const worrying: readonly Severity[] = ["degraded", "at-risk", "failed"];

/** What this look has that the one before hadn't. At the first look everything is new. */
export function alarmsOf(before: Look | undefined, now: Look): readonly DiskAlarm[] {
  const known = new Set(before?.status.reasons.map(keyOf));
  const worse = now.status.reasons.filter((reason) => worrying.includes(reason.severity) && !known.has(keyOf(reason)));
  const wantedBefore = new Set(before ? wantingReplacement(before.world).map(({ serial }) => serial) : []);
  const wanting = wantingReplacement(now.world, before?.world).filter(({ serial }) => !wantedBefore.has(serial));
  return [
    ...wanting.map(({ serial, why }) => ({ kind: "replace", about: serial, severity: "at-risk", text: why }) as const),
    ...driftOf(before?.world.smart ?? [], now.world.smart),
    ...worse.map(({ about, severity, text }) => ({ kind: "worse", about, severity, text }) as const),
  ];
}

/** Not the words: they count and count down. */
const keyOf = ({ about, severity }: Reason) => `${severity} ${about}`;

export interface WantedSwap {
  readonly serial: string;
  readonly why: string;
}

/** Disks that should be replaced, the surest first. `earlier` knows those that are gone. */
export function wantingReplacement(world: World, earlier?: World): readonly WantedSwap[] {
  const found = [
    ...inState(world, "faulty", "it failed in"),
    ...goneFrom(world, earlier),
    ...inState(world, "write_error", "a write to it failed in"),
    ...inState(world, "want_replacement", "it is asked to be replaced in"),
    ...world.smart.flatMap(dying),
  ];
  return found.filter(({ serial }, index) => found.findIndex((one) => one.serial === serial) === index);
}

const inState = (world: World, state: string, words: string): WantedSwap[] =>
  world.arrays.flatMap((array) =>
    array.members.flatMap((member) => {
      const serial = serialOf(world, member);
      return serial !== undefined && member.states.includes(state) ? [{ serial, why: `${words} ${array.name}` }] : [];
    }),
  );

/** It was a member that was in sync, the disk isn't there any more, and its array misses one. */
function goneFrom(world: World, earlier: World | undefined): WantedSwap[] {
  const here = new Set(world.disks.map(({ serial }) => serial));
  return (earlier?.arrays ?? []).flatMap((array) => {
    const now = world.arrays.find(({ uuid, name }) => (array.uuid ? uuid === array.uuid : name === array.name));
    if (!now || now.degraded === 0) return [];
    return array.members.filter(isInSync).flatMap((member) => {
      const serial = earlier && serialOf(earlier, member);
      return serial === undefined || here.has(serial)
        ? []
        : [{ serial, why: `it is gone, and ${array.name} misses it` }];
    });
  });
}

function dying(report: SmartReport): WantedSwap[] {
  const remark = judgeSmart(report).find(({ severity }) => severity !== "ok");
  return remark && report.serial !== undefined ? [{ serial: report.serial, why: `SMART: ${remark.text}` }] : [];
}

const counters = [
  ["reallocated", "reallocated sectors (5)"],
  ["pending", "pending sectors (197)"],
  ["offlineUncorrectable", "uncorrectable sectors (198)"],
  ["crcErrors", "CRC errors (199): the cable or the backplane"],
  ["grownDefects", "grown defects"],
  ["uncorrectedErrors", "uncorrected errors"],
  ["mediaErrors", "media errors"],
] as const satisfies readonly (readonly [keyof SmartReport, string])[];

/** Counters that rose. One that nobody read before hasn't. */
function driftOf(before: readonly SmartReport[], now: readonly SmartReport[]): DiskAlarm[] {
  return now.flatMap((report) => {
    const { serial } = report;
    const earlier = before.find((one) => one.serial !== undefined && one.serial === serial);
    const rose = counters.flatMap(([name, words]) => {
      const [then, count] = [earlier?.[name], report[name]];
      return then !== undefined && count !== undefined && count > then ? [`${then} → ${count} ${words}`] : [];
    });
    if (serial === undefined || rose.length === 0) return [];
    return [{ kind: "smart-drift", about: serial, severity: "at-risk", text: rose.join(", ") } as const];
  });
}
