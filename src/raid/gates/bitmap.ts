import type { Gate, Judgement } from "./gate.ts";
import { redundantLevels, type TargetArray, targetArrays } from "./target-arrays.ts";

/** Without one, a disk that was pulled by mistake and put back is rebuilt whole: mdadm(8), --re-add. */
export const bitmapGate: Gate = {
  id: "bitmap",
  title: "A disk that is put back is back at once",
  judge(question) {
    const findings = targetArrays(question)
      .filter(({ array }) => redundantLevels.includes(array.level))
      .map(judgeArray);
    return findings.length > 0 ? findings : [{ verdict: "pass", evidence: "no array to put it back into" }];
  },
};

function judgeArray({ array, label }: TargetArray): Judgement {
  if (array.hasBitmap) return { verdict: "pass", evidence: `${label}: has a bitmap` };
  return {
    verdict: "warn",
    evidence: `${label}: has no bitmap: a disk that is put back is rebuilt whole`,
    remedy: "mdadm --grow --bitmap=internal, while it is at rest.",
  };
}
