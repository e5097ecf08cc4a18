import type { KernelError } from "../disks.ts";
import { starts } from "./bootable.ts";
import { bayOf, called, smartOf } from "./disk-reasons.ts";
import { lags } from "./fingerprint.ts";
import { asSeen, isGone } from "./ghosts.ts";
import { badSectors, isContainer, isInSync, serialOf, slotsWith } from "./members.ts";
import { arrayOf, isAddedTo, isPresent } from "./progress.ts";
import { isRebuilt } from "./rebuild.ts";
import { isRunning } from "./redundancy.ts";
import { judgeSmart } from "./smart-verdict.ts";
import type { SwapPlan } from "./swap-plan.ts";
import type { World } from "./world.ts";

export interface Verifying {
  /** The target's own, when the same disk was put back in. */
  readonly newSerial: string;
  /** Kernel errors from before the swap, as `errorLine` has them: only others count. Absent: all count. */
  readonly oldKernelErrors?: readonly string[];
}

/** `ok`, or everything that isn't as it should be after a swap. */
export interface Verified {
  readonly ok: boolean;
  readonly failures: readonly string[];
}

/** What of the kernel's log is compared: `sda: critical medium error …`. */
export const errorLine = ({ device, text }: KernelError): string => `${device}: ${text}`;

/**
 * Was it a success? `[UU]` and `clean` don't prove two good copies (F1), so all is asked that would tell: every array whole, no bad
 * blocks in any member, SMART of every disk, events, the kernel's log, whether every disk starts the machine, swap and lights.
 * Needs a whole look at the host: what wasn't read counts as not proven.
 */
export function verifyFindings(read: World, plan: SwapPlan, { newSerial, oldKernelErrors }: Verifying): Verified {
  const world = asSeen(read);
  const failures = [
    ...(isPresent(world, newSerial) ? [] : [`${newSerial} isn't seen`]),
    ...membershipFailures(world, plan, newSerial),
    ...arrayFailures(world),
    ...smartFailures(world),
    ...startFailures(world, plan, newSerial),
    ...kernelFailures(world, oldKernelErrors ?? []),
    ...swapFailures(world, plan, newSerial),
    ...(bayOf(world, newSerial)?.locate ? [`the locate light of ${newSerial} is still on`] : []),
  ];
  return { ok: failures.length === 0, failures };
}

function membershipFailures(world: World, plan: SwapPlan, newSerial: string): string[] {
  const { serial } = plan.target;
  return plan.memberships.flatMap((membership) => {
    const array = arrayOf(world, membership);
    if (!array) return [`${membership.array} isn't there`];
    const stays = serial !== newSerial && array.members.some((member) => serialOf(world, member) === serial);
    return [
      ...(isAddedTo(world, membership, newSerial) ? [] : [`${newSerial} isn't a member of ${array.name}`]),
      ...(stays ? [`${serial} is still a member of ${array.name}`] : []),
    ];
  });
}

function arrayFailures(world: World): string[] {
  return world.arrays
    .filter((array) => !isContainer(array) && array.state !== "clear")
    .flatMap((array) => {
      const inSync = slotsWith(array, isInSync).size;
      const whole = isRebuilt(array)
        ? []
        : [`${array.name}: ${inSync} of ${array.raidDisks} in sync, degraded ${array.degraded}, ${array.syncAction}`];
      const broken = isRunning(array) ? [] : [`${array.name} is ${array.state}`];
      const members = array.members.flatMap((member) => {
        const who = `${serialOf(world, member) ?? member.device} in ${array.name}`;
        return [
          ...(badSectors(member) > 0 ? [`${who} has ${badSectors(member)} bad sectors`] : []),
          ...(member.states.includes("write_error") ? [`${who} had write errors`] : []),
          ...(lags(array, member) ? [`${who} is behind the others (events ${member.events})`] : []),
        ];
      });
      return [...broken, ...whole, ...members];
    });
}

const smartFailures = (world: World): string[] =>
  world.disks.flatMap((disk) => {
    const report = smartOf(world, disk);
    const remarks = report ? judgeSmart(report).filter((remark) => remark.severity === "at-risk") : [];
    return remarks.map((remark) => `${called(disk)}: ${remark.text}`);
  });

/** A plan with boot partitions asks it of the new disk in any case; of the others if the host is started from disks at all. */
function startFailures(world: World, plan: SwapPlan, newSerial: string): string[] {
  const found = world.disks.map((disk) => ({ disk, start: starts(world, disk) }));
  const bootsFromDisks = found.some(({ start }) => start.kind === "yes");
  const mustStart = plan.biosBoot !== undefined || plan.esp !== undefined;
  return found.flatMap(({ disk, start }) => {
    const asked = bootsFromDisks || (mustStart && disk.serial === newSerial);
    return asked && (start.kind === "no" || start.kind === "unknown")
      ? [`${called(disk)} doesn't start the machine alone: ${start.why}`]
      : [];
  });
}

/** The same line twice where it was there once is a new error. Of disks that are gone, as the old one is, nothing counts. */
function kernelFailures(world: World, old: readonly string[]): string[] {
  const left = [...old];
  const isNew = (line: string) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  };
  const ofThoseHere = world.kernelErrors.filter(({ device }) => !isGone(world, device));
  return ofThoseHere
    .map(errorLine)
    .filter(isNew)
    .map((line) => `new in the kernel's log: ${line}`);
}

function swapFailures(world: World, plan: SwapPlan, newSerial: string): string[] {
  const disk = world.disks.find((one) => one.serial === newSerial);
  return plan.swaps
    .filter((swap) => swap.active)
    .flatMap((swap) => {
      const name = disk?.partitions.find((one) => one.number === swap.partition)?.name;
      const block = world.blocks.find((one) => one.name === name);
      const on = block?.uuid === swap.uuid && block.mountPoints.includes("[SWAP]");
      return on ? [] : [`the swap area ${swap.uuid} isn't on at ${newSerial}'s partition ${swap.partition}`];
    });
}
