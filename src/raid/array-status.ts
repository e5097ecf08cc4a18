import type { Member, RaidArray } from "../disks.ts";
import { isGhost } from "./ghosts.ts";
import { badSectors, isContainer, isInSync, isReplacement, isWhole, serialOf, slotsOf, slotsWith } from "./members.ts";
import { isSyncing, rebuildProgress } from "./rebuild.ts";
import { isLost, redundancyLeft } from "./redundancy.ts";
import { type ArrayStatus, type Reason, type Severity, severities } from "./status.ts";
import type { World } from "./world.ts";

export const worst = (found: readonly Severity[]): Severity =>
  severities[Math.max(0, ...found.map((severity) => severities.indexOf(severity)))] as Severity;

/** One array's line in `disk status`; its severity is the worst of its reasons. A `check` shows as progress, not as severity. */
export function arrayStatus(world: World, array: RaidArray): { status: ArrayStatus; reasons: readonly Reason[] } {
  const reasons = isContainer(array) || array.state === "clear" ? [] : reasonsOf(world, array);
  const rebuild = rebuildProgress(array);
  const status: ArrayStatus = {
    name: array.name,
    ...(array.uuid === undefined ? {} : { uuid: array.uuid }),
    level: array.level,
    severity: worst(reasons.map((reason) => reason.severity)),
    sizeBytes: array.sizeBytes,
    redundancyLeft: redundancyLeft(array),
    ...(rebuild === undefined ? {} : { rebuild }),
    members: array.members.map((member) => memberLine(world, member)),
  };
  return { status, reasons };
}

function memberLine(world: World, member: Member): ArrayStatus["members"][number] {
  const serial = serialOf(world, member);
  return {
    ...(serial === undefined ? {} : { serial }),
    device: member.device,
    ...(member.slot === undefined ? {} : { slot: member.slot }),
    states: member.states,
    badBlocks: badSectors(member),
  };
}

function reasonsOf(world: World, array: RaidArray): Reason[] {
  const about = array.title && array.title !== array.name ? `${array.name} (${array.title})` : array.name;
  const say = (severity: Severity, text: string): Reason => ({ severity, about, text });
  if (isLost(array)) return [say("failed", lostText(array)), ...memberReasons(world, array)];
  return [
    ...redundancyReasons(array, say),
    ...memberReasons(world, array),
    ...mismatchReasons(array, say),
    ...ageReasons(array, say),
  ];
}

const lostText = (array: RaidArray) =>
  array.state === "inactive"
    ? "it isn't started (inactive): not all of its members were found"
    : array.state === "broken"
      ? "the kernel takes it for broken: every write fails. Only stopping and assembling it again helps; for a root, a reboot"
      : `more members are missing than a ${array.level} bears`;

type Say = (severity: Severity, text: string) => Reason;

function redundancyReasons(array: RaidArray, say: Say): Reason[] {
  const missing = Math.max(array.degraded, array.raidDisks - slotsWith(array, isInSync).size);
  if (missing === 0) return syncReasons(array, say);
  const left = redundancyLeft(array);
  const coming = isSyncing(array) ? slotsWith(array, (one) => one.states.includes("spare")).size : 0;
  const which = `slot ${emptySlots(array).join(", ") || "?"} of ${array.raidDisks}`;
  if (coming >= missing) {
    const meanwhile = left === 0 ? "until then one copy is all there is" : "";
    return [say("rebuilding", ["a member is being rebuilt", meanwhile].filter(Boolean).join("; "))];
  }
  const hung = array.syncAction === "frozen" ? "; syncing is frozen" : "";
  if (left === 0) return [say("at-risk", `the last copy: ${which} isn't in sync${hung}`)];
  return [say("degraded", `${which} isn't in sync; ${left} more may fail${hung}`)];
}

/** Nothing is missing. A recovery then is a `--replace`, a resync the first one or one after a crash (F10). */
function syncReasons(array: RaidArray, say: Say): Reason[] {
  if (!isSyncing(array)) return [];
  if (array.syncAction === "recover")
    return [say("rebuilding", "a member is being copied to its replacement; nothing is missing")];
  return [say("rebuilding", `its copies are being made equal (${array.syncAction})`)];
}

const emptySlots = (array: RaidArray) => {
  const filled = slotsWith(array, isInSync);
  return slotsOf(array).filter((slot) => !filled.has(slot));
};

/** F1 and F2: what `[UU]` and `clean` don't tell. */
function memberReasons(world: World, array: RaidArray): Reason[] {
  return array.members.flatMap((member) => {
    const about = serialOf(world, member) ?? member.device;
    const where = `${array.name}'s member ${member.device}`;
    const say = (severity: Severity, text: string): Reason => ({ severity, about, text });
    const bad = badSectors(member);
    return [
      ...(member.states.includes("faulty")
        ? [say("degraded", `${where} has failed (F)${goneToo(world, member)}`)]
        : []),
      ...(bad > 0 ? [say("at-risk", `${where} has ${bad} bad sectors: the array's data have holes there`)] : []),
      ...(wantsReplacement(array, member)
        ? [say("at-risk", `${where} had write errors and wants to be replaced`)]
        : []),
    ];
  });
}

const goneToo = (world: World, member: Member) => (isGhost(world, member) ? "; its disk isn't there any more" : "");

/** `want_replacement` is also how somebody's `--replace` is noted: while that runs it's no alarm. A write error always is. */
function wantsReplacement(array: RaidArray, member: Member): boolean {
  if (member.states.includes("faulty")) return false;
  if (member.states.includes("write_error")) return true;
  const replacing = array.members.some((other) => isReplacement(other) && other.slot === member.slot);
  return member.states.includes("want_replacement") && !replacing;
}

/** Of a RAID1 or RAID10 swap and memory-mapped files make harmless ones: md(4), "SCRUBBING AND MISMATCHES". */
function mismatchReasons(array: RaidArray, say: Say): Reason[] {
  if (array.mismatches === 0) return [];
  const text = `the last ${array.lastSyncAction ?? "check"} found ${array.mismatches} sectors that don't match`;
  return ["raid1", "raid10"].includes(array.level)
    ? [say("ok", `${text}; on a ${array.level} swap and mapped files can do that`)]
    : [say("at-risk", `${text}: what is rebuilt from them may be wrong`)];
}

const checkEveryDays = 35;

function ageReasons(array: RaidArray, say: Say): Reason[] {
  const days = Math.floor((array.checkedAgoSeconds ?? 0) / 86_400);
  const redundant = array.members.filter(isWhole).length > 1 && !["raid0", "linear"].includes(array.level);
  return days > checkEveryDays && redundant
    ? [say("ok", `no check for ${days} days: bad sectors may wait unseen`)]
    : [];
}
