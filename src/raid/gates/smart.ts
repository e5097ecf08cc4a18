import type { SmartReport } from "../../disks.ts";
import { smartOf } from "../disk-reasons.ts";
import { judgeSmart, type SmartRemark } from "../smart-verdict.ts";
import { inWords } from "./ages.ts";
import { checkedWithinSeconds } from "./checked.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { diskBySerial, redundantLevels } from "./target-arrays.ts";

const longTestWithinHours = 30 * 24;

const advice = "Back up and clone it first; keep the old disk attached while the new one is filled: --add-first.";

const absent = "Absent isn't passed: read the whole disk, or ask its maker's tool.";

/** G5. Whoever keeps the good copies must be well itself; each survivor is waived by its serial. */
export const smartGate: Gate = {
  id: "G5",
  title: "The survivors' SMART is good",
  judge(question) {
    const findings = question.plan.survivors.flatMap((serial) => judgeDisk(serial, question));
    return findings.length > 0 ? findings : [{ verdict: "pass", evidence: "no other disk holds its arrays' data" }];
  },
};

function judgeDisk(serial: string, question: SwapQuestion): readonly Judgement[] {
  const disk = diskBySerial(question.world, serial);
  const smart = disk && smartOf(question.world, disk);
  const remarks = smart?.available ? judgeSmart(smart) : [];
  const [grave, slight] = ["at-risk", "ok"].map((severity) => remarks.filter((one) => one.severity === severity));
  const waiver = `smart:${serial}`;
  if (grave && grave.length > 0) {
    return [{ verdict: "confirm", evidence: `${serial}: ${inOneLine(grave)}`, waiver, remedy: advice }];
  }
  if (smart?.passed === undefined || !smart.available) {
    const evidence = `${serial}: ${smart?.available ? "SMART says neither passed nor failed" : "SMART isn't available"}`;
    return [{ verdict: "confirm", evidence, waiver, remedy: absent }];
  }
  const test = judgeTest(serial, smart, question);
  return slight && slight.length > 0
    ? [test, { verdict: "warn", evidence: `${serial}: ${inOneLine(slight)}` }]
    : [test];
}

const inOneLine = (remarks: readonly SmartRemark[]) => remarks.map(({ text }) => text).join("; ");

/** A long self-test reads the whole disk; so does a `check` of every array that it is in. One of them is enough. */
function judgeTest(serial: string, smart: SmartReport, question: SwapQuestion): Judgement {
  const test = smart.lastLongTest;
  const tested = test ? `long self-test passed ${inWords(test.hoursAgo * 3600)} ago` : "no long self-test on record";
  const running = smart.testRunning ? ", one runs now" : "";
  const evidence = `${serial}: passed, ${tested}${running}`;
  if (test && test.hoursAgo < longTestWithinHours) return { verdict: "pass", evidence };
  const remedy = "Read it whole: smartctl -t long, then ask again.";
  return wasChecked(serial, question)
    ? { verdict: "warn", evidence: `${evidence}; its arrays were checked meanwhile`, remedy }
    : { verdict: "confirm", evidence, remedy, waiver: `smart:${serial}` };
}

function wasChecked(serial: string, { world }: SwapQuestion): boolean {
  const arrays = world.arrays.filter((array) => array.members.some((member) => member.serial === serial));
  const fresh = arrays.every(
    ({ level, checkedAgoSeconds }) =>
      redundantLevels.includes(level) && checkedAgoSeconds !== undefined && checkedAgoSeconds <= checkedWithinSeconds,
  );
  return arrays.length > 0 && fresh;
}
