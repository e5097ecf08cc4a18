import { mirrorsOf } from "../mirrors.ts";
import type { Gate, Judgement } from "./gate.ts";
import { type TargetArray, targetArrays } from "./target-arrays.ts";

/**
 * G3. The law: the kernel is never asked to fail a last copy, for the attempt that it "refuses" breaks the array, and a
 * RAID5's second disk isn't even refused. So this is decided from sysfs, and nobody can waive it.
 */
export const redundancyGate: Gate = {
  id: "G3",
  title: "A good copy is left of everything",
  judge(question) {
    const { serial } = question.plan.target;
    const findings = targetArrays(question).map((target) => judgeArray(target, serial));
    if (findings.length > 0) return findings;
    return [{ verdict: "pass", evidence: `${serial} is in no array` }];
  },
};

function judgeArray(target: TargetArray, serial: string): Judgement {
  const { array, label, slots, otherSlots } = target;
  const count = `${otherSlots.length} of ${array.raidDisks} in_sync on other disks`;
  if (slots.length === 0) {
    return { verdict: "pass", evidence: `${label}: ${serial} holds nothing of it any more; ${count}` };
  }
  const lost = lostBy(target);
  if (lost === undefined) return { verdict: "pass", evidence: `${label}: ${array.level}, ${count}` };
  return {
    verdict: "refuse",
    evidence: `${label}: ${array.level}, ${count}: ${lost}`,
    remedy:
      array.level === "raid0" || array.level === "linear"
        ? "Back it up; make it anew on the new disk."
        : "Fill the array's empty places first: add a disk, and wait until it is in_sync.",
  };
}

/** What the target's leaving would do to the data; `undefined`: nothing. md(4). */
function lostBy(target: TargetArray): string | undefined {
  const { array, slots, otherSlots, missing } = target;
  const gone = missing + slots.length;
  switch (array.level) {
    case "raid1":
      return otherSlots.length > 0 ? undefined : "the target holds the last copy";
    case "raid4":
    case "raid5":
      return gone <= 1 ? undefined : `${gone} disks would be missing, it bears 1`;
    case "raid6":
      return gone <= 2 ? undefined : `${gone} disks would be missing, it bears 2`;
    case "raid10":
      return lostOfMirrors(target);
    default:
      return `${array.level} keeps no second copy`;
  }
}

/** Where the pairs aren't known for sure (far, offset, an odd count), one disk may go while all others are there. */
function lostOfMirrors({ array, slots, otherSlots, missing }: TargetArray): string | undefined {
  const mirrors = mirrorsOf(array);
  if (mirrors.kind === "any") {
    if (mirrors.copies < 2) return "its layout keeps no second copy";
    return missing === 0 && slots.length === 1
      ? undefined
      : "who mirrors whom isn't known, and not all others are in_sync";
  }
  const lost = mirrors.sets.filter((set) => !set.some((slot) => otherSlots.includes(slot)));
  return lost.length === 0 ? undefined : `slots ${lost.map((set) => set.join("+")).join(", ")} would have no copy left`;
}
