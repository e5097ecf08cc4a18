import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BackupSettings, Probe, ProbeReport, ProbeSettings } from "../../../src/raid/probes/probe.ts";
import { readProbes } from "../../../src/raid/probes/run.ts";

/** What a tool was recorded to say; origins stand in that folder's README.md. */
export const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, "../../captures/raid/probes", name), "utf8").trimEnd();

export const linesOf = (name: string, mark = ""): readonly string[] =>
  recorded(name)
    .split("\n")
    .map((line) => `${mark}${line}`);

/** Some of a backup's settings; the rest is usual. */
export const backup = (some: Partial<BackupSettings>): BackupSettings => ({
  covers: ["/srv"],
  with: "restic",
  kind: "files",
  repository: "/backup",
  folder: "/srv/dumps",
  command: "tell-backups",
  maxAgeHours: 26,
  ...some,
});

/** What comes of a probe that printed these lines and ended with 0. */
export function report(probe: Probe, lines: readonly string[], settings: ProbeSettings = { backups: [] }): ProbeReport {
  const output = [...lines.map((line) => `@probe ${probe.name} line ${line}`), `@probe ${probe.name} exit 0`];
  const [only] = readProbes(output.join("\n"), [probe], settings);
  if (!only) throw new Error("no report");
  return only;
}

/** In a line: `present web7: runs …; HELD BACK why`, `unknown: why`, `absent`. */
export function told(of: ProbeReport): string {
  if (of.state === "unknown") return `unknown: ${of.why}`;
  const carried = (of.carried ?? []).map(
    ({ kind, name, detail, holdsBack }) => `${kind} ${name}: ${detail}${holdsBack ? `; HELD BACK ${holdsBack}` : ""}`,
  );
  const backups = (of.backups ?? []).map(
    ({ covers, kind, ageSeconds }) => `${kind} of ${covers}: ${ageSeconds ?? "none"}`,
  );
  return [of.state, ...carried, ...backups].join(" | ");
}
