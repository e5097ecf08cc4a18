import type { Member, RaidArray } from "../disks.ts";
import { diskOf, isContainer } from "./members.ts";
import type { World } from "./world.ts";

/** Kernel names of disks and their partitions; what md may stand on besides (dm-0, md5, loop0) is never called a ghost. */
const diskNames = /^(?:sd|hd|vd|xvd|nvme|mmcblk)/;

/**
 * A member whose disk is gone, though md may still show it in its slot and in sync: a pull is noticed with the next write only
 * (F12). Until it is removed the name stays taken.
 */
export const isGhost = (world: Pick<World, "disks" | "blocks">, member: Member): boolean =>
  member.serial === undefined && isGone(world, member.device);

/** The name of a disk or a partition (`sdb`, `sdb3`) that leads nowhere at this moment. */
export const isGone = (world: Pick<World, "disks" | "blocks">, device: string): boolean =>
  diskNames.test(device) && diskOf(world, device) === undefined && world.blocks.every((block) => block.name !== device);

/** The world with every ghost as what md will call it: faulty, in no slot. Whoever counts copies counts them in this one. */
export const asSeen = (world: World): World =>
  world.arrays.some((array) => array.members.some((member) => isGhost(world, member)))
    ? { ...world, arrays: world.arrays.map((array) => withoutGhosts(world, array)) }
    : world;

function withoutGhosts(world: World, array: RaidArray): RaidArray {
  if (isContainer(array)) return array;
  const vanished = array.members.filter((member) => isGhost(world, member) && !member.states.includes("faulty"));
  const slots = new Set(vanished.flatMap((member) => member.slot ?? []));
  const members = array.members.map((member) => (vanished.includes(member) ? asFaulty(member) : member));
  return { ...array, degraded: Math.min(array.raidDisks, array.degraded + slots.size), members };
}

const asFaulty = ({ slot: _slot, ...member }: Member): Member => ({ ...member, states: ["faulty"] });
