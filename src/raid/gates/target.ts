import type { Disk } from "../../disks.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";

/** Somebody at the rack types this much of the pulled disk's serial. */
const typedLetters = 4;

/** G1. One disk, known by its serial; else nobody can say which one is pulled. */
export const targetGate: Gate = {
  id: "G1",
  title: "The target is one disk, known by its serial",
  judge(question) {
    const { world, plan } = question;
    const { serial } = plan.target;
    if (serial.trim() === "") return [refuse("the target has no serial", "Nothing is done to a disk without one.")];
    const found = world.disks.filter((disk) => disk.serial === serial);
    if (found.length > 1) {
      const names = found.map((disk) => disk.name).join(", ");
      return [refuse(`${serial} is ${found.length} disks: ${names}`, "Make the serials unique: multipath, or a fake.")];
    }
    return [found[0] ? seen(found[0], question) : gone(question), ...alike(question)];
  },
};

function seen(disk: Disk, { plan: { target } }: SwapQuestion): Judgement {
  const place = target.slot === undefined ? "slot unknown" : `slot ${target.slot}`;
  const gib = (disk.sizeBytes / 2 ** 30).toFixed(1);
  return {
    verdict: "pass",
    evidence: `${target.serial} is ${disk.name}, ${disk.model ?? "model unknown"}, ${gib} GiB, ${place}`,
  };
}

/** A dead disk leaves the bus. It can still be pulled as long as a record tells what and where it was. */
function gone({ world, plan: { target, knownSerials } }: SwapQuestion): Judgement {
  const bay = world.bays.find((one) => one.serial === target.serial);
  if (!bay && !knownSerials.includes(target.serial)) {
    return refuse(`no disk of ${world.hostname} has the serial ${target.serial}`, "See: provision disk status");
  }
  const slot = target.slot ?? bay?.slot;
  const place = slot === undefined ? "slot unknown" : `slot ${slot}`;
  return {
    verdict: "warn",
    evidence: `${target.serial} doesn't answer any more; on record: ${target.model ?? "model unknown"}, ${place}`,
    remedy: "Compare the serial on the label of the disk that is pulled.",
  };
}

function alike({ world, plan: { target } }: SwapQuestion): readonly Judgement[] {
  const end = target.serial.slice(-typedLetters);
  const twins = world.disks.flatMap(({ serial }) =>
    serial !== undefined && serial !== target.serial && serial.endsWith(end) ? [serial] : [],
  );
  if (twins.length === 0) return [];
  return [
    {
      verdict: "warn",
      evidence: `${target.serial} ends in ${end} as ${twins.join(", ")} does`,
      remedy: "Compare the whole serial on the label.",
    },
  ];
}

function refuse(evidence: string, remedy: string): Judgement {
  return { verdict: "refuse", evidence, remedy };
}
