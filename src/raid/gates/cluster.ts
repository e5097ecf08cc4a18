import type { Carried, ProbeReport } from "../probes/probe.ts";
import { carriedBy } from "./covered.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";

/**
 * G11. Others can do without this host while its power is off. Every probe that can't tell is named here, whatever it
 * asks for: unknown isn't absent, and it is waived by its name.
 */
export const clusterGate: Gate = {
  id: "G11",
  title: "Others can do without this host",
  judge(question) {
    if (question.probes.length === 0) return [nobodyAsked(question)];
    return question.probes.flatMap((report) => judgeReport(report, question));
  },
};

function judgeReport(report: ProbeReport, question: SwapQuestion): readonly Judgement[] {
  if (report.state === "unknown") return [unknown(report.label, report.why, { probe: report.probe, question })];
  if (report.state === "absent") return [{ verdict: "pass", evidence: `${report.label}: none here` }];
  const findings = carriedBy(report)
    .filter(({ kind }) => kind !== "guest")
    .map((one) => judgeCarried(one, question));
  if (findings.length > 0) return findings;
  return [{ verdict: "pass", evidence: `${report.label}: nothing that others need to be up` }];
}

function judgeCarried({ name, detail, holdsBack }: Carried, { plan }: SwapQuestion): Judgement {
  if (holdsBack === undefined) return { verdict: "pass", evidence: `${name}: ${detail}` };
  const evidence = `${name}: ${detail}; ${holdsBack}`;
  return plan.mode === "cold"
    ? { verdict: "refuse", evidence, remedy: "Bring the others up first, or swap it hot." }
    : { verdict: "warn", evidence, remedy: "Only if the host should fail meanwhile: bring the others up first." };
}

function unknown(
  label: string,
  why: string,
  { probe, question }: { readonly probe: string; readonly question: SwapQuestion },
): Judgement {
  const evidence = `${label}: unknown: ${why}`;
  const remedy = "Let the probe answer, or look by hand and waive it by name.";
  return question.plan.mode === "cold"
    ? { verdict: "confirm", evidence, remedy, waiver: `probe:${probe}` }
    : { verdict: "warn", evidence, remedy };
}

function nobodyAsked(question: SwapQuestion): Judgement {
  return unknown("What the host carries", "no probe was asked", { probe: "all", question });
}
