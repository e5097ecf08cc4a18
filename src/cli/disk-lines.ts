import type { NodeDisks } from "../app/disks/desk.ts";
import type { Pool } from "../disks.ts";
import type { ArrayStatus, BackupStatus, DiskStatus, DisksStatus, Severity } from "../raid/status.ts";
import { renderFailure } from "./failure.ts";
import { formatAge, formatBytes, formatDuration, formatTable, type Style } from "./style.ts";

/** A node's disks as somebody at a rack needs them: what is wrong first, then who is where. */
export function renderDisks(disks: NodeDisks, style: Style): string {
  const { node, status, error, swap } = disks;
  if (!status) return `${style.strong(node)}  ${error ? renderFailure(error, style) : style.dim("not installed")}`;
  return [
    `${style.strong(node)}  ${inColour(status.severity, style)}${swap ? `  ${swapLine(swap.steps, style)}` : ""}`,
    ...status.reasons.map(({ severity, about, text }) => `  ${mark(severity, style)} ${about}: ${text}`),
    ...section(arrayRows(status, style)),
    ...section(diskRows(status, style)),
    ...(status.backups.length > 0
      ? [`  backups: ${status.backups.map((one) => backupWords(one, style)).join(" · ")}`]
      : []),
  ].join("\n");
}

const section = (rows: readonly (readonly string[])[]) =>
  rows.length > 1
    ? formatTable(rows)
        .split("\n")
        .map((line) => `  ${line}`)
    : [];

export function inColour(severity: Severity, { good, warn, bad }: Style): string {
  const words = severity.replace("-", " ");
  if (severity === "ok") return good(words);
  return severity === "rebuilding" ? warn(words) : bad(words);
}

const mark = (severity: Severity, { good, warn, bad }: Style) =>
  ({ ok: good("·"), rebuilding: warn("▸"), degraded: bad("✘"), "at-risk": bad("!"), failed: bad("✘") })[severity];

function swapLine(steps: NonNullable<NodeDisks["swap"]>["steps"], style: Style): string {
  const step = steps.find(({ state }) => ["running", "waiting", "held"].includes(state));
  const words = step?.state === "held" ? `held for hands: ${step.question?.text ?? step.label}` : (step?.label ?? "");
  return style.accent(`swap under way, ${words}`);
}

function arrayRows({ arrays, pools }: DisksStatus, style: Style): readonly (readonly string[])[] {
  const header = ["ARRAY", "LEVEL", "SIZE", "STATE", "MAY STILL FAIL", "MEMBERS", "REBUILD"].map(style.dim);
  return [
    header,
    ...arrays.map((array) => [
      array.name,
      array.level,
      formatBytes(array.sizeBytes),
      inColour(array.severity, style),
      String(array.redundancyLeft),
      array.members.map(memberWords).join(" "),
      rebuildWords(array.rebuild),
    ]),
    ...pools.map((pool) => poolRow(pool, style)),
  ];
}

const memberWords = ({ serial, device, states }: ArrayStatus["members"][number]) => {
  const odd = states.filter((state) => state !== "in_sync");
  return `${serial ?? device}${odd.length > 0 ? `(${odd.join(",")})` : ""}`;
};

function poolRow(pool: Pool, style: Style): readonly string[] {
  const severity = pool.state === "unknown" ? "at-risk" : pool.state;
  const members = pool.members.map(
    ({ serial, name, state }) => `${serial ?? name}${state === "ok" ? "" : `(${state})`}`,
  );
  const state = inColour(severity, style);
  return [pool.name, pool.level, "", state, String(pool.redundancyLeft), members.join(" "), rebuildWords(pool.rebuild)];
}

/** `recover 43 %, 120 MiB/s, 3:12 left` */
export function rebuildWords(rebuild: Partial<NonNullable<ArrayStatus["rebuild"]>> | undefined): string {
  if (!rebuild) return "";
  const { action = "rebuild", completed, kibPerSecond, remainingSeconds } = rebuild;
  return [
    completed === undefined ? `${action} waits` : `${action} ${Math.floor(completed * 100)} %`,
    ...(kibPerSecond ? [`${formatBytes(kibPerSecond * 1024)}/s`] : []),
    ...(remainingSeconds === undefined ? [] : [`${formatDuration(remainingSeconds * 1000)} left`]),
  ].join(", ");
}

function diskRows({ disks }: DisksStatus, style: Style): readonly (readonly string[])[] {
  const header = ["SLOT", "SERIAL", "MODEL", "SIZE", "NOW", "STATE", "SMART", "BOOTS", "IN", "LED"].map(style.dim);
  return [
    header,
    ...disks.map((disk) => [
      disk.slot ?? "–",
      style.strong(disk.serial ?? "none"),
      [disk.vendor, disk.model].filter(Boolean).join(" ") || "–",
      formatBytes(disk.sizeBytes),
      disk.name,
      inColour(disk.severity, style),
      smartWords(disk, style),
      disk.bootable === undefined ? "–" : disk.bootable ? style.good("yes") : style.bad("no"),
      disk.memberOf.join(" ") || "–",
      disk.led ?? "–",
    ]),
  ];
}

/** Absent isn't passed. */
function smartWords({ smart }: DiskStatus, { good, bad, dim }: Style): string {
  if (!smart?.available) return dim("silent");
  if (smart.passed === undefined) return dim("no verdict");
  return smart.passed ? good("passed") : bad("FAILED");
}

function backupWords({ covers, tool, ageSeconds, late }: BackupStatus, { good, bad }: Style): string {
  const what = `${covers.join(", ")} (${tool})`;
  if (ageSeconds === undefined) return bad(`${what} none`);
  return `${what} ${(late ? bad : good)(formatAge(ageSeconds))}`;
}
