import type { SmartReport } from "../disks.ts";
import type { Severity } from "./status.ts";

export interface SmartRemark {
  readonly severity: Extract<Severity, "ok" | "at-risk">;
  readonly text: string;
}

/**
 * What a SMART report says against its disk: `at-risk` for signs of its dying, `ok` for what is worth knowing. Judged by the
 * attributes: failing disks often still say `passed`, and a disk that says nothing hasn't passed. ATA 5, 197, 198 (ACS-4 leaves
 * attributes to the vendors; these are common), SCSI's defect list and error counters, NVMe's health log (NVM Express 1.4
 * §5.14.1.2). ATA 199 counts errors on the way: the cable or the backplane, not the disk.
 */
export function judgeSmart(report: SmartReport): readonly SmartRemark[] {
  if (!report.available) return [{ severity: "ok", text: "SMART tells nothing of it, which isn't a pass" }];
  return [...dying(report).map((text) => ({ severity: "at-risk", text }) as const), ...worthKnowing(report)];
}

const counters: readonly (readonly [keyof SmartReport, string])[] = [
  ["reallocated", "reallocated sectors (5)"],
  ["pending", "sectors that couldn't be read (197)"],
  ["offlineUncorrectable", "sectors that can't be corrected (198)"],
  ["uncorrectedErrors", "uncorrected errors"],
  ["grownDefects", "grown defects"],
  ["mediaErrors", "media errors"],
];

function dying(report: SmartReport): string[] {
  const { criticalWarning = 0, percentageUsed = 0, availableSpare, availableSpareThreshold } = report;
  const counted = counters.flatMap(([name, words]) => {
    const count = report[name];
    return typeof count === "number" && count > 0 ? [`${count} ${words}`] : [];
  });
  const worn = availableSpare !== undefined && availableSpare < (availableSpareThreshold ?? 0);
  return [
    ...(report.passed === false ? ["it says itself that it is failing"] : []),
    ...counted,
    ...(criticalWarning === 0 ? [] : [`critical warning 0x${criticalWarning.toString(16).padStart(2, "0")}`]),
    ...(percentageUsed > 100 ? [`${percentageUsed} % of its rated life are used`] : []),
    ...(worn ? [`${availableSpare} % spare left, threshold ${availableSpareThreshold} %`] : []),
    ...(report.lastLongTest?.passed === false
      ? [`its long self-test failed ${report.lastLongTest.hoursAgo} h ago`]
      : []),
  ];
}

function worthKnowing(report: SmartReport): SmartRemark[] {
  const crc = report.crcErrors ?? 0;
  if (crc === 0) return [];
  return [{ severity: "ok", text: `${crc} CRC errors (199): look at the cable and the backplane, not at the disk` }];
}
