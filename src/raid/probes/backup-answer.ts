import { environmentLines, environmentShell, runNowProgram } from "./environment-file.ts";
import type { Backup, BackupSettings, ProbeSettings } from "./probe.ts";

/** Those of the node's backups that a tool makes; their places among them number the answers. */
export const backupsWith = (settings: ProbeSettings, tool: BackupSettings["with"]): readonly BackupSettings[] =>
  settings.backups.filter((backup) => backup.with === tool);

/**
 * A probe's script that asks a tool once for each of its backups, each in an environment of its own: `ask` is POSIX sh that
 * prints to standard output and ends with another status than 0 where it can't. Nothing where there is none to ask for.
 */
export function askEach(
  backups: readonly BackupSettings[],
  ask: (backup: BackupSettings) => string,
): string | undefined {
  if (backups.length === 0) return undefined;
  const each = backups.map(
    (backup, index) => `p_answer=$(
${environmentLines(backup)}
${ask(backup)}
) || exit 1
printf '%s\\n' "$p_answer" | sed 's/^/answer ${index} /'`,
  );
  return `${environmentShell}
p_now=$(date +%s) && p_host=$(uname -n) || exit 1
printf 'now %s\\nhost %s\\n' "$p_now" "$p_host"
${each.join("\n")}`;
}

/** What a host answered: its clock, its name, and what the tool said for each backup. */
export interface Answers {
  /** Seconds since 1970 by the host's clock: the controller's may differ. */
  readonly now: number;
  readonly host: string;
  of(index: number): readonly string[];
}

/** Throws where the clock or the name is missing. */
export function readAnswers(lines: readonly string[]): Answers {
  const after = (mark: string) => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
  const [now = "", host = ""] = [after("now ")[0], after("host ")[0]];
  if (!/^\d{9,11}$/.test(now) || host === "") throw new Error("the host's clock or name is missing");
  return { now: Number(now), host, of: (index) => after(`answer ${index} `) };
}

/** The JSON that a tool printed; throws words for people. */
export function jsonOf(lines: readonly string[]): unknown {
  try {
    return JSON.parse(lines.join("\n"));
  } catch {
    throw new Error(`no JSON, but ${JSON.stringify(lines.join(" ").slice(0, 80))}`);
  }
}

/** Clocks of a host and of where its backups are kept differ a little. */
const clockSlackSeconds = 600;

/** Age in seconds of a moment: ISO 8601, without a zone UTC. Throws for no moment, and for one that is yet to come. */
export function ageOf(moment: string, nowSeconds: number): number {
  const [, day, time = "T00:00:00", zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(moment) ?? [];
  const milliseconds = Date.parse(`${day}${time}${zone}`);
  if (Number.isNaN(milliseconds)) throw new Error(`${JSON.stringify(moment.slice(0, 40))} is no moment in ISO 8601`);
  return ageAt(milliseconds / 1000, nowSeconds);
}

/** The same for seconds since 1970. */
export function ageAt(seconds: number, nowSeconds: number): number {
  const age = Math.floor(nowSeconds - seconds);
  if (age < -clockSlackSeconds) throw new Error(`a backup is ${-age} s in the future: a clock is wrong`);
  return Math.max(0, age);
}

/** Are both names of one host? One of them may be without its domain. */
export const sameHost = (a: string, b: string): boolean => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

/** A backup as its settings have it, with what was found. */
export function backupOf(settings: BackupSettings, found: Partial<Backup>): Backup {
  const runNow = runNowProgram(settings);
  return {
    covers: settings.covers,
    kind: settings.kind,
    tool: settings.with,
    maxAgeSeconds: settings.maxAgeHours * 3600,
    ...(runNow === undefined ? {} : { runNow }),
    ...found,
  };
}
