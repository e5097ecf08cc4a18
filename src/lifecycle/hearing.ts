import { milestoneNamed } from "../boot/milestones.ts";
import type { BootReport } from "../boot/reports.ts";
import { toRecord } from "../errors.ts";
import type { Active, House } from "./house.ts";

/** Milestones are kept; whatever else the machine says is a sign of life. */
export function hear(house: House, report: BootReport): void {
  const active = house.active.get(report.node);
  if (!active || active.generation !== report.generation) return;
  const { journal, inbox } = active;
  if (report.kind === "milestone") hearMilestone(house, active, report);
  else inbox.heard();
  const step = journal.currentStep();
  if (report.kind === "line") journal.tell({ kind: "line", step, text: report.text });
  if (report.kind !== "progress" || step === undefined) return;
  journal.tell({ kind: "progress", step, done: report.doneBytes, total: report.totalBytes, unit: "bytes" });
}

function hearMilestone(
  { log }: House,
  { journal, inbox, node }: Active,
  { name, text }: Extract<BootReport, { kind: "milestone" }>,
): void {
  if (!inbox.milestone(name)) return;
  const label = milestoneNamed(name)?.label ?? name;
  journal.milestone({ kind: "milestone", step: journal.currentStep(), name, label, text }).catch((error) => {
    log.warn("a milestone could not be recorded", { node, name, message: toRecord(error).message });
  });
}
