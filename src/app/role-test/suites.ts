import type { JunitCase, JunitSuite } from "../junit.ts";
import type { CaseResult, PhaseResult, RoleTestResult } from "./outcome.ts";

/** A suite for each case of the role, a test case for each phase of it. */
export const roleSuites = ({ role, cases }: RoleTestResult): readonly JunitSuite[] =>
  cases.map((one) => ({ name: `${role} ${one.name}`, cases: casesOf(`${role}.${one.name}`, one) }));

const casesOf = (className: string, { name, outcome, phases }: CaseResult): JunitCase[] =>
  outcome === "skipped"
    ? [{ className, name, durationMs: 0, outcome: "skipped", message: "it needs another kind of host" }]
    : phases.map((phase) => ({ className, name: phase.name, durationMs: phase.durationMs, ...verdict(phase) }));

/** What couldn't even be tried is an error, for instance a host that did not start. */
function verdict({ error }: PhaseResult): Pick<JunitCase, "outcome" | "message" | "text"> {
  if (!error) return { outcome: "passed" };
  const outcome = error.fault === "environment" || error.fault === "defect" ? "error" : "failure";
  return {
    outcome,
    message: error.message.split("\n")[0] ?? "",
    text: `${error.code}: ${error.message}\n${error.hint}`,
  };
}
