import type { Disk } from "../../../disks.ts";
import { judgeNewDisk, type NewDiskVerdict, newDisks } from "../../../raid/progress.ts";
import { judgeSmart } from "../../../raid/smart-verdict.ts";
import type { SwapPlan } from "../../../raid/swap-plan.ts";
import type { World } from "../../../raid/world.ts";
import type { StepContext } from "../../step.ts";
import { askWatching, type Complaint } from "./ask.ts";
import { look, repeatably, type Swap } from "./hands.ts";
import { diskWith, keep } from "./memory.ts";
import { newDiskQuestion, sameDiskQuestion, sizeText } from "./questions.ts";
import { isSerialEnd } from "./serial-end.ts";

/** A disk that was looked at and not taken, and why; kept until it is out again. */
export type Refused = Map<string, string>;

/**
 * Waits until a disk is in that may take the old one's place, and remembers it. Whatever may not is complained about, once,
 * and looked over until it is out.
 */
export async function findNewDisk(swap: Swap, ctx: StepContext, plan: SwapPlan, refused: Refused): Promise<string> {
  let sameIn = false;
  const serial = await askWatching<string>(swap, ctx, plan, {
    question: (complaint) =>
      sameIn ? sameDiskQuestion(plan, complaint) : newDiskQuestion(plan, complaint ?? last(refused)),
    seen: async (world) => {
      forget(world, refused);
      const sameNow = plan.mode !== "add-first" && diskWith(world, plan.target.serial) !== undefined;
      const found = isThereAny(world, plan, refused) ? choose(await look(swap, ctx, "all"), plan, refused) : undefined;
      if (found || sameNow === sameIn) return found;
      sameIn = sameNow;
      return { complaint: sameNow ? "It has the old disk's serial number" : "The old disk is out again" };
    },
    answered: async (answer) => {
      if (answer.toLowerCase() === "look") return lookFor(swap, ctx);
      const world = await look(swap, ctx, "all");
      return sameIn && answer.toLowerCase() === "same disk" ? sameDisk(world, plan) : named(world, plan, answer);
    },
  });
  await keep(ctx, "sameDisk", serial === plan.target.serial);
  await keep(ctx, "newSerial", serial);
  return serial;
}

/** Not every backplane reports a disk that was put in. What is found is taken at the next look. */
async function lookFor(swap: Swap, ctx: StepContext): Promise<Complaint> {
  await repeatably(swap, ctx, swap.seams.acts.rescan());
  return { complaint: "It was looked for on every bus" };
}

const last = (refused: Refused) => [...refused.values()].at(-1);

function forget({ disks }: World, refused: Refused): void {
  const keys = new Set(disks.map(keyOf));
  for (const key of [...refused.keys()].filter((one) => !keys.has(one))) refused.delete(key);
}

const keyOf = ({ serial, name }: Disk) => serial ?? `/dev/${name}`;

const isThereAny = (world: World, plan: SwapPlan, refused: Refused) =>
  newDisks(world, plan).some((disk) => !refused.has(keyOf(disk)));

/** The first one that will do, or a complaint about the first one that nobody has complained about yet. */
function choose(world: World, plan: SwapPlan, refused: Refused): string | Complaint | undefined {
  for (const disk of newDisks(world, plan).filter((one) => !refused.has(keyOf(one)))) {
    const verdict = judgeNewDisk(world, plan, disk);
    if (verdict.kind === "ok" && disk.serial) return disk.serial;
    const complaint = objectionTo(plan, disk, verdict);
    refused.set(keyOf(disk), complaint);
    return { complaint };
  }
  return undefined;
}

function objectionTo({ target }: SwapPlan, disk: Disk, verdict: NewDiskVerdict): string {
  const name = keyOf(disk);
  switch (verdict.kind) {
    case "too-small":
      return `${name} is too small: it has ${sizeText(disk.sizeBytes)}, and ${sizeText(target.sizeBytes)} are needed`;
    case "sector-size":
      return `${name} has sectors of ${verdict.logicalSectorBytes} bytes, and the old disk's have ${target.logicalSectorBytes}`;
    case "removable":
      return `${name} is on USB or can be taken out like a medium: it is not taken for the new disk`;
    case "in-use":
      return `${name} is in use: ${verdict.by} is on it`;
    case "same-disk-again":
      return `${name} is the old disk`;
    case "no-serial":
      return `${name} tells no serial number of its own: nothing is ever done to such a disk`;
    case "ok":
      return `${name} tells no serial number`;
    default:
      return verdict satisfies never;
  }
}

/** One that was in before the swap began isn't taken by itself: somebody has to name it. */
function named(world: World, plan: SwapPlan, answer: string): string | Complaint {
  const meant = world.disks.filter(({ serial }) => serial !== undefined && isSerialEnd(answer, serial));
  const [disk, another] = meant;
  if (!disk?.serial) return { complaint: `No disk's serial number ends with ${answer}` };
  if (another) return { complaint: `Several serial numbers end with ${answer}: type the whole one` };
  if (plan.survivors.includes(disk.serial))
    return { complaint: `${disk.serial} holds a good copy: it must stay as it is` };
  const verdict = judgeNewDisk(world, plan, disk);
  return verdict.kind === "ok" ? disk.serial : { complaint: objectionTo(plan, disk, verdict) };
}

/** Only re-seated: taken again if nothing speaks against it. */
function sameDisk(world: World, plan: SwapPlan): string | Complaint {
  const { serial } = plan.target;
  const ills = illsOf(world, serial);
  if (ills.length === 0) return serial;
  return { complaint: `${serial} is ill and isn't taken again: ${ills.join("; ")}` };
}

/** What SMART says against a disk; a disk that says nothing of itself has nothing against it, and that is said, too. */
export const illsOf = (world: World, serial: string): readonly string[] =>
  world.smart
    .filter((report) => report.serial === serial)
    .flatMap((report) => judgeSmart(report))
    .filter(({ severity }) => severity === "at-risk")
    .map(({ text }) => text);
