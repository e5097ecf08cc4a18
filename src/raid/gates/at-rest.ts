import type { RaidArray } from "../../disks.ts";
import { isContainer } from "../members.ts";
import { isLost, isRunning } from "../redundancy.ts";
import type { Gate, Judgement } from "./gate.ts";
import { labelOf, targetArrays } from "./target-arrays.ts";

/** G4. Every array of the host is up and nothing rebuilds: kernel md.rst, `array_state`, `sync_action`. */
export const atRestGate: Gate = {
  id: "G4",
  title: "Every array is up and at rest",
  judge(question) {
    const own = new Set(targetArrays(question).map((target) => target.array));
    const findings = question.world.arrays.map((array) => judgeArray(array, own.has(array)));
    return findings.length > 0 ? findings : [{ verdict: "pass", evidence: "there are no arrays" }];
  },
};

function judgeArray(array: RaidArray, isTargets: boolean): Judgement {
  const state = judgeState(array);
  const refused = state?.verdict === "refuse" ? state : undefined;
  const calm = {
    verdict: "pass",
    evidence: `${labelOf(array)}: ${array.state}, ${array.syncAction || "no sync"}`,
  } as const;
  return judgeMetadata(array, isTargets) ?? refused ?? judgeLoss(array) ?? judgeSync(array) ?? state ?? calm;
}

/** A container (`external:imsm`) is always inactive itself; its disks are the firmware's to swap. */
function judgeMetadata(array: RaidArray, isTargets: boolean): Judgement | undefined {
  if (!array.metadata.startsWith("external:")) return undefined;
  const evidence = `${labelOf(array)}: metadata ${array.metadata} is the firmware's`;
  if (!isTargets) return isContainer(array) ? { verdict: "pass", evidence } : undefined;
  return { verdict: "refuse", evidence, remedy: "Swap the disk with the firmware's own tool." };
}

const states: Readonly<Record<string, { readonly verdict: "refuse" | "warn"; readonly remedy: string }>> = {
  inactive: { verdict: "refuse", remedy: "Assemble it: mdadm --assemble --scan; look at --detail first." },
  clear: { verdict: "refuse", remedy: "Assemble it, or remove what is left of it." },
  suspended: { verdict: "refuse", remedy: "Wait until whoever suspended it lets it go on." },
  broken: {
    verdict: "refuse",
    remedy: "Writes fail since a last member was failed: unmount, mdadm --stop, --assemble --run (root: reboot).",
  },
  readonly: { verdict: "refuse", remedy: "Nothing rebuilds while it is read-only: mdadm --readwrite." },
  "read-auto": { verdict: "warn", remedy: "Nothing rebuilds before the first write: mdadm --readwrite." },
};

function judgeState(array: RaidArray): Judgement | undefined {
  const known = states[array.state];
  return known && { ...known, evidence: `${labelOf(array)}: array_state is ${array.state}` };
}

/** `array_state` may read `active` or `write-pending` although more is lost than the level bears. */
function judgeLoss(array: RaidArray): Judgement | undefined {
  if (!isLost(array)) return undefined;
  const why = isRunning(array)
    ? `${array.degraded} of ${array.raidDisks} are missing, ${array.level} doesn't bear that`
    : "it doesn't run";
  return {
    verdict: "refuse",
    evidence: `${labelOf(array)}: ${array.state || "no state"}: ${why}`,
    remedy: "The array has failed: stop it, and assemble it from its freshest members.",
  };
}

const waits: Readonly<Record<string, string>> = {
  check: "Wait, or stop it: echo idle > sync_action; it is queued again afterwards.",
  repair: "Wait until it ends.",
  recover: "Wait until it ends.",
  resync: "Wait until it ends.",
  reshape: "Wait until it ends: a reshape must not be disturbed.",
  frozen: "Somebody froze it: echo idle > sync_action when that is over.",
};

function judgeSync(array: RaidArray): Judgement | undefined {
  if (array.syncAction === "" || array.syncAction === "idle" || array.syncAction === "none") return undefined;
  const done = array.syncCompleted === undefined ? "" : `, ${Math.floor(array.syncCompleted * 100)} %`;
  return {
    verdict: "refuse",
    evidence: `${labelOf(array)}: sync_action is ${array.syncAction}${done}`,
    remedy: waits[array.syncAction] ?? "Wait until it ends.",
  };
}
