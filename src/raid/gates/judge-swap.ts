import { asSeen } from "../ghosts.ts";
import type { Finding, Gate, Judgement, SwapQuestion } from "./gate.ts";
import { gates as allGates } from "./list.ts";

/** What all gates together say. */
export interface SwapJudgement {
  /** Every gate has at least one, in the gates' order. */
  readonly findings: readonly Finding[];
  /** `refused`: nothing that is typed helps. `needs-waivers`: each `confirm` is waived by its word, or mended. */
  readonly verdict: "pass" | "needs-waivers" | "refused";
  /** Words that no finding asked for: a typo, or something that is well by now. */
  readonly unknownWaivers: readonly string[];
}

/**
 * Asks every gate. A waiver word turns `confirm` into `waived`, exactly that one, letter by letter; it never touches a
 * `refuse`. `surroundings.acceptsDataLoss` stands for the word `data-loss`, which G6 asks for only then. Pure.
 */
export function judgeSwap(
  question: SwapQuestion,
  waivers: readonly string[],
  gates: readonly Gate[] = allGates,
): SwapJudgement {
  const words = new Set(question.surroundings.acceptsDataLoss ? [...waivers, "data-loss"] : waivers);
  const seen = { ...question, world: asSeen(question.world) };
  const findings = gates.flatMap((gate) => ask(gate, seen).map((judgement) => finish(gate, judgement, words)));
  const wanted = new Set(findings.flatMap(({ waiver }) => waiver ?? []));
  return {
    findings,
    verdict: sumUp(findings),
    unknownWaivers: [...new Set(waivers)].filter((word) => !wanted.has(word)),
  };
}

/** A gate that says nothing has seen nothing. */
function ask(gate: Gate, question: SwapQuestion): readonly Judgement[] {
  const judgements = gate.judge(question);
  return judgements.length > 0 ? judgements : [{ verdict: "refuse", evidence: "this gate said nothing" }];
}

function finish({ id, title }: Gate, judgement: Judgement, words: ReadonlySet<string>): Finding {
  const { waiver, ...rest } = judgement;
  if (judgement.verdict !== "confirm" || waiver === undefined) return { gate: id, title, ...rest };
  return { gate: id, title, ...judgement, verdict: words.has(waiver) ? "waived" : "confirm" };
}

function sumUp(findings: readonly Finding[]): SwapJudgement["verdict"] {
  if (findings.some(({ verdict }) => verdict === "refuse")) return "refused";
  return findings.some(({ verdict }) => verdict === "confirm") ? "needs-waivers" : "pass";
}
