import type { Pool, PoolMember } from "../disks.ts";
import { entriesAt, given, listAt, numberAt, textAt, valueAt } from "./json-path.ts";
import { isWhole, least } from "./pool.ts";

/** What storcli and perccli printed with `J`: of controllers, of their drives in and out of enclosures, of rebuilds. */
export interface MegaraidOutput {
  readonly controllers: unknown;
  readonly drives: readonly unknown[];
  readonly rebuilds: readonly unknown[];
}

/** A drive's rows of both lists, as one. */
interface Drive {
  readonly serial: string | undefined;
  readonly mediaErrors: number | undefined;
  readonly isPredicted: boolean;
}

interface Rebuild {
  readonly completed?: number;
  readonly remainingSeconds?: number;
}

/** A drive's place in its group; `span` is `Arr`: each span is redundant by itself. */
interface Row {
  readonly group: string;
  readonly span: string;
  readonly member: PoolMember;
}

/** StorCLI reference: a pool for each virtual drive. A controller that doesn't answer is one that nobody knows. */
export function poolsOfMegaraid({ controllers, drives, rebuilds }: MegaraidOutput): readonly Pool[] {
  const known = new Map(drives.flatMap(drivesOf));
  const running = new Map(rebuilds.flatMap(rebuildsOf));
  return listAt(controllers, "Controllers").flatMap((controller) => {
    const number = textAt(controller, "Command Status", "Controller") ?? "0";
    const data = valueAt(controller, "Response Data");
    if (textAt(controller, "Command Status", "Status") !== "Success" && listAt(data, "VD LIST").length === 0) {
      return silent(`/c${number}`, saidOf(controller));
    }
    const rows = rowsOf(data, number, known);
    return listAt(data, "VD LIST").map((drive) => poolOf(drive, `/c${number}`, rows, running));
  });
}

/** `Command Status` of a failure; each drive's own words are in `Detailed Status`. */
function saidOf(controller: unknown): string {
  const details = listAt(controller, "Command Status", "Detailed Status").flatMap((row) => textAt(row, "ErrMsg") ?? []);
  return [textAt(controller, "Command Status", "Description"), ...details].filter(Boolean).join("; ") || "no answer";
}

const silent = (name: string, said: string): readonly Pool[] =>
  /no controller|controller.*not found/i.test(said)
    ? []
    : [{ kind: "megaraid", name, level: "unknown", state: "unknown", said, redundancyLeft: 0, members: [] }];

/** The serial number stands only under "Drive /c0/e252/s0 - Detailed Information" → "… Device attributes". */
function drivesOf(printed: unknown): readonly (readonly [string, Drive])[] {
  return listAt(printed, "Controllers").flatMap((controller) =>
    entriesAt(controller, "Response Data").flatMap(([key, details]): (readonly [string, Drive])[] => {
      const path = /^Drive (\S+) - Detailed Information$/.exec(key)?.[1];
      if (path === undefined) return [];
      const state = valueAt(details, `Drive ${path} State`);
      const alert = textAt(state, "S.M.A.R.T alert flagged by drive")?.toLowerCase() === "yes";
      const drive = {
        serial: textAt(details, `Drive ${path} Device attributes`, "SN"),
        mediaErrors: numberAt(state, "Media Error Count"),
        isPredicted: alert || (numberAt(state, "Predictive Failure Count") ?? 0) > 0,
      };
      return [[path, drive]];
    }),
  );
}

function rebuildsOf(printed: unknown): readonly (readonly [string, Rebuild])[] {
  return listAt(printed, "Controllers").flatMap((controller) =>
    listAt(controller, "Response Data").flatMap((row): (readonly [string, Rebuild])[] => {
      const percent = numberAt(row, "Progress%");
      const path = textAt(row, "Drive-ID");
      if (path === undefined || percent === undefined || !/^in progress/i.test(textAt(row, "Status") ?? "")) return [];
      return [
        [
          path,
          {
            completed: Math.round(percent * 100) / 10_000,
            ...given("remainingSeconds", secondsOf(textAt(row, "Estimated Time Left"))),
          },
        ],
      ];
    }),
  );
}

/** `1 Hours 12 Minutes`, `3 Days 2 Hours 1 Minutes`; `-` is unknown. */
function secondsOf(text: string | undefined): number | undefined {
  const units: Readonly<Record<string, number>> = { day: 86_400, hour: 3600, minute: 60, second: 1 };
  const parts = [...(text ?? "").matchAll(/(\d+)\s*(day|hour|minute|second)/gi)];
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (units[unit.toLowerCase()] ?? 0), 0);
}

/** `TOPOLOGY` also has the places whose drive is missing, which no other list has; such a name is what `insert` asks for. */
function rowsOf(data: unknown, controller: string, known: ReadonlyMap<string, Drive>): readonly Row[] {
  return listAt(data, "TOPOLOGY").flatMap((row) => {
    if (textAt(row, "Type") !== "DRIVE") return [];
    const [group = "", span = "", place = ""] = ["DG", "Arr", "Row"].map((key) => textAt(row, key) ?? "-");
    const path = pathOf(controller, textAt(row, "EID:Slot"));
    const name = path ?? `/c${controller} dg=${group} array=${span} row=${place}`;
    return [{ group, span, member: memberOf(name, row, known.get(path ?? "")) }];
  });
}

/** `252:3`; without an enclosure ` :3`; `-` where the drive is missing. */
function pathOf(controller: string, place: string | undefined): string | undefined {
  const [, enclosure, slot] = /^(\d*)\s*:(\d+)$/.exec(place ?? "") ?? [];
  if (slot === undefined) return undefined;
  return enclosure ? `/c${controller}/e${enclosure}/s${slot}` : `/c${controller}/s${slot}`;
}

const states: Readonly<Record<string, PoolMember["state"]>> = {
  ...{ Onln: "ok", Rbld: "rebuilding", Cpybck: "rebuilding", DHS: "spare", GHS: "spare" },
  ...{ Offln: "failed", Failed: "failed", UBad: "failed", Msng: "missing" },
};

function memberOf(name: string, row: unknown, drive: Drive | undefined): PoolMember {
  const said = textAt(row, "State") ?? "unknown";
  const state = states[said] ?? "unknown";
  const predicted = state === "ok" && drive?.isPredicted === true;
  const place = textAt(row, "EID:Slot");
  return {
    name,
    ...given("serial", drive?.serial),
    ...given("slot", place === "-" ? undefined : place),
    state: predicted ? "predicted" : state,
    said: predicted ? `${said}, failure predicted` : said,
    ...given("readErrors", drive?.mediaErrors),
  };
}

const driveStates: Readonly<Record<string, Pool["state"]>> = {
  ...{ Optl: "ok", Pdgd: "degraded", Dgrd: "degraded", Rec: "rebuilding", OfLn: "failed", Offln: "failed" },
};

function poolOf(drive: unknown, controller: string, rows: readonly Row[], running: ReadonlyMap<string, Rebuild>): Pool {
  const [group = "", number = ""] = (textAt(drive, "DG/VD") ?? "").split("/");
  const own = rows.filter((row) => row.group === group);
  const members = own.map(({ member }) => member);
  const [level, said] = [(textAt(drive, "TYPE") ?? "unknown").toLowerCase(), textAt(drive, "State") ?? "unknown"];
  const listed = driveStates[said] ?? "unknown";
  const isRebuilding = members.some(({ state }) => state === "rebuilding");
  const worn = members.some((member) => member.state !== "spare" && !isWhole(member));
  const state =
    listed === "failed" || listed === "unknown" ? listed : isRebuilding ? "rebuilding" : worn ? "degraded" : listed;
  const rebuild = members.flatMap(({ name }) => running.get(name) ?? [])[0];
  return {
    ...{ kind: "megaraid", name: `${controller}/v${number}`, level, state, said },
    redundancyLeft: state === "failed" || state === "unknown" ? 0 : redundancyOf(level, own, listed !== "ok"),
    ...given("rebuild", rebuild ?? (isRebuilding ? {} : undefined)),
    members,
  };
}

/** How many drives each span may lose. */
const tolerated: Readonly<Record<string, number>> = { raid5: 1, raid50: 1, raid6: 2, raid60: 2 };

/** Each span for itself. The controller's word counts, too: where it says degraded, one is out, whatever its list shows. */
function redundancyOf(level: string, rows: readonly Row[], isShort: boolean): number {
  const places = rows.filter(({ member }) => member.state !== "spare");
  const isMirror = level === "raid1" || level === "raid10";
  const left = [...Map.groupBy(places, ({ span }) => span).values()].map((span) => {
    const out = span.filter(({ member }) => !isWhole(member)).length;
    return (isMirror ? span.length - 1 : (tolerated[level] ?? 0)) - out;
  });
  const isUnexplained = isShort && places.every(({ member }) => isWhole(member));
  return Math.max(0, least(left) - (isUnexplained ? 1 : 0));
}
