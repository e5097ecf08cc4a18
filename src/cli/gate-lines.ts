import type { SwapProposal } from "../app/disks/desk.ts";
import type { Finding } from "../raid/gates/gate.ts";
import type { SwapPlan, Target } from "../raid/swap-plan.ts";
import { formatBytes, type Style } from "./style.ts";

const verdictWords: Readonly<Record<Finding["verdict"], string>> = {
  pass: "pass",
  warn: "warn",
  confirm: "waive?",
  waived: "waived",
  refuse: "REFUSED",
};

/** Which disk, each gate with what it saw, and the steps: all that is known before anything is touched. */
export function renderProposal({ node, plan, findings, verdict, steps }: SwapProposal, style: Style): string {
  return [
    style.strong(`Replace ${targetWords(plan.target)} of ${node}`),
    `  ${modeWords(plan)}`,
    ...plan.memberships.map(
      ({ array, level, slot }) => `  in ${array} (${level})${slot === undefined ? "" : `, place ${slot}`}`,
    ),
    `  stays: ${plan.survivors.join(", ") || "nothing"}`,
    "",
    ...byVerdict(findings).flatMap((alike) => renderFindings(alike, style)),
    "",
    ...steps.map(({ label }, index) => style.dim(`  ${String(index + 1).padStart(2)}. ${label}`)),
    "",
    verdictLine(verdict, findings, style),
  ].join("\n");
}

/** `S3YANX0A0002 (slot 1, ATA ST640NX0001, 596 GiB)` */
export const targetWords = ({ serial, slot, vendor, model, sizeBytes }: Target) =>
  `${serial} (${[slot === undefined ? undefined : `slot ${slot}`, [vendor, model].filter(Boolean).join(" "), formatBytes(sizeBytes)].filter(Boolean).join(", ")})`;

function modeWords({ mode }: SwapPlan): string {
  switch (mode) {
    case "hot":
      return "hot: the machine runs on";
    case "cold":
      return "cold: the machine is switched off for it";
    case "add-first":
      return "add first: the new disk takes its place while the old one still reads; redundancy never drops";
    default:
      return mode satisfies never;
  }
}

/** What a gate says of several arrays with the same verdict is one line. */
function byVerdict(findings: readonly Finding[]): Finding[][] {
  const groups: Finding[][] = [];
  for (const finding of findings) {
    const last = groups.at(-1)?.[0];
    const isAlike = last?.gate === finding.gate && last.verdict === finding.verdict && finding.verdict === "pass";
    if (isAlike) groups.at(-1)?.push(finding);
    else groups.push([finding]);
  }
  return groups;
}

function renderFindings(alike: readonly Finding[], style: Style): string[] {
  const [first] = alike;
  if (!first) return [];
  const { gate, title, verdict, remedy, waiver } = first;
  const colour = { pass: style.good, warn: style.warn, confirm: style.bad, waived: style.warn, refuse: style.bad }[
    verdict
  ];
  const evidence = alike.map((finding) => finding.evidence).join(" · ");
  return [
    `  ${colour(verdictWords[verdict].padEnd(7))} ${gate.padEnd(6)} ${title}`,
    `                 ${style.dim(evidence)}`,
    ...(remedy && verdict !== "pass" ? [`                 ${remedy}`] : []),
    ...(waiver && verdict === "confirm" ? [`                 to waive it: ${style.strong(`--waive ${waiver}`)}`] : []),
  ];
}

function verdictLine(verdict: SwapProposal["verdict"], findings: readonly Finding[], style: Style): string {
  const count = (wanted: Finding["verdict"]) => findings.filter(({ verdict: one }) => one === wanted).length;
  if (verdict === "refused") return style.bad(`Refused by ${count("refuse")} of the gates; nothing was touched.`);
  if (verdict === "needs-waivers")
    return style.bad(`${count("confirm")} to be waived by name, or mended; nothing was touched.`);
  return style.good("Every gate is open.");
}
