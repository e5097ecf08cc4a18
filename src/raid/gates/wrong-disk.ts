import type { SmartReport } from "../../disks.ts";
import { smartOf } from "../disk-reasons.ts";
import { serialOf } from "../members.ts";
import { judgeSmart } from "../smart-verdict.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { diskBySerial, nameOf, type TargetArray, targetArrays } from "./target-arrays.ts";

/** G2. A good disk whose neighbour is ill or missing: then somebody means the neighbour. */
export const wrongDiskGate: Gate = {
  id: "G2",
  title: "It isn't the wrong disk",
  judge(question) {
    const ills = illsOfTarget(question);
    const findings = targetArrays(question).map((target) => judgeArray(target, question.plan.target.serial, ills));
    if (findings.length > 0) return findings;
    return [{ verdict: "pass", evidence: `${question.plan.target.serial} is in no array` }];
  },
};

function judgeArray(target: TargetArray, serial: string, ills: readonly string[]): Judgement {
  const { array, label, own, slots, missing } = target;
  if (slots.length === 0) return { verdict: "pass", evidence: `${label}: ${serial} holds nothing of it any more` };
  const faulty = array.members.filter((member) => !own.includes(member) && member.states.includes("faulty"));
  if (faulty.length === 0 && missing === 0) {
    return { verdict: "pass", evidence: `${label}: ${serial} is in_sync, and so is every other member` };
  }
  const others =
    faulty.length > 0
      ? `${faulty.map(nameOf).join(", ")} is faulty`
      : `${missing === 1 ? "a place is" : `${missing} places are`} empty`;
  if (ills.length > 0) {
    return { verdict: "pass", evidence: `${label}: ${others}, but ${serial} is ill itself: ${ills.join("; ")}` };
  }
  return {
    verdict: "refuse",
    evidence: `${label}: ${serial} is healthy and in_sync, but ${others}`,
    remedy: "Replace the faulty or missing disk first; see: provision disk status",
  };
}

/** Every reason there is to take this disk out. */
function illsOfTarget({ world, plan }: SwapQuestion): readonly string[] {
  const { serial } = plan.target;
  const disk = diskBySerial(world, serial);
  const smart = disk && smartOf(world, disk);
  const names = disk ? [disk.name, ...disk.partitions.map((partition) => partition.name)] : [];
  const errors = world.kernelErrors.filter((error) => names.includes(error.device)).length;
  const members = world.arrays.flatMap((array) =>
    array.members
      .filter((member) => serialOf(world, member) === serial)
      .flatMap((member) => [
        ...member.states.filter((state) => illStates.includes(state)).map((state) => `${state} in ${array.name}`),
        ...(member.badBlocks.length > 0 ? [`bad blocks in ${array.name}`] : []),
      ]),
  );
  return [
    ...members,
    ...(smart ? gravely(smart) : []),
    ...(errors > 0 ? [`${errors} errors in the kernel's log`] : []),
  ];
}

const gravely = (smart: SmartReport) =>
  judgeSmart(smart).flatMap(({ severity, text }) => (severity === "at-risk" ? [text] : []));

const illStates: readonly string[] = ["faulty", "write_error", "want_replacement"];
