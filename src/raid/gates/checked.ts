import { daySeconds, inWords } from "./ages.ts";
import type { Gate, Judgement } from "./gate.ts";
import { redundantLevels, type TargetArray, targetArrays } from "./target-arrays.ts";

/** Debian's checkarray and RHEL's raid-check run once a month: five weeks bear one that is a little late. */
export const checkedWithinSeconds = 35 * daySeconds;

/** G7. Both copies were read and compared not long ago: md(4), SCRUBBING AND MISMATCHES. */
export const checkedGate: Gate = {
  id: "G7",
  title: "The arrays were checked not long ago",
  judge(question) {
    const findings = targetArrays(question)
      .filter(({ array }) => redundantLevels.includes(array.level))
      .flatMap((target) => [judgeAge(target), ...judgeMismatches(target)]);
    return findings.length > 0 ? findings : [{ verdict: "pass", evidence: "there is nothing to check" }];
  },
};

function judgeAge({ array, label, slots }: TargetArray): Judgement {
  const ago = array.checkedAgoSeconds;
  const evidence = ago === undefined ? `${label}: no check is known of` : `${label}: checked ${inWords(ago)} ago`;
  if (ago !== undefined && ago <= checkedWithinSeconds) return { verdict: "pass", evidence };
  const remedy =
    slots.length > 0
      ? "Run it now: echo check > sync_action, and wait."
      : "One copy can't be compared: read the survivors whole, smartctl -t long.";
  return { verdict: "confirm", evidence, remedy, waiver: `check:${array.name}` };
}

/** Mirrors of swap and of mapped files differ harmlessly (md(4)); a parity that doesn't match isn't harmless. */
function judgeMismatches({ array, label }: TargetArray): readonly Judgement[] {
  if (array.mismatches === 0) return [];
  const evidence = `${label}: mismatch_cnt is ${array.mismatches}`;
  if (array.level === "raid1" || array.level === "raid10") {
    return [{ verdict: "warn", evidence, remedy: "Swap and mapped files do this; else compare files with a backup." }];
  }
  const remedy = "Compare files with a backup, then echo repair > sync_action.";
  return [{ verdict: "confirm", evidence, remedy, waiver: `check:${array.name}` }];
}
