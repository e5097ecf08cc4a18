import type { Block, Disk } from "../../disks.ts";
import { sameUuid } from "../members.ts";
import type { World } from "../world.ts";
import { blocksOf, holdersOf, partTypes } from "./disk-blocks.ts";
import type { Gate, Judgement, SwapQuestion } from "./gate.ts";
import { diskBySerial } from "./target-arrays.ts";

/** G9. What the target holds that no array has a second copy of. */
export const outsideRaidGate: Gate = {
  id: "G9",
  title: "The target holds nothing outside its arrays",
  judge(question) {
    const disk = diskBySerial(question.world, question.plan.target.serial);
    if (!disk) return [{ verdict: "pass", evidence: `${question.plan.target.serial} isn't there any more` }];
    const findings = [
      ...blocksOf(question.world, disk).flatMap((block) => judgeBlock(block, disk, question)),
      ...judgePools(question),
      ...judgeGuests(disk, question),
    ];
    if (findings.length > 0) return findings;
    return [{ verdict: "pass", evidence: `${disk.name}: array members only` }];
  },
};

/** lsblk's FSTYPE of what fills a block without being mounted, and the way out. */
const layers: Readonly<Record<string, string>> = {
  LVM2_member: "a physical volume: pvmove it and vgreduce first; LVM's own RAID: lvconvert --repair",
  crypto_LUKS: "a LUKS container: move what is in it first",
  zfs_member: "ZFS's: swap it with zpool offline and zpool replace",
  ceph_bluestore: "a Ceph OSD: take it out and destroy it first",
  drbd: "DRBD's backing: detach it, and swap the disk as DRBD says",
  bcache: "bcache's: detach it first",
  isw_raid_member: "the firmware's RAID: swap it with the firmware's own tool",
  ddf_raid_member: "the firmware's RAID: swap it with the firmware's own tool",
};

function judgeBlock(block: Block, disk: Disk, question: SwapQuestion): readonly Judgement[] {
  const { content, mountPoints, name } = block;
  if (content === "linux_raid_member") return judgeMember(block, question);
  const layer = content === undefined ? undefined : layers[content];
  if (layer !== undefined) return [refuse(`${name} is ${content}`, `It is ${layer}.`)];
  if (content === "swap" || mountPoints.includes("[SWAP]")) return [judgeSwapArea(block)];
  if (block.partType === partTypes.esp) return [judgeEsp(block)];
  if (mountPoints.length > 0) {
    return [
      refuse(`${name} (${content ?? "unknown"}) is mounted at ${mountPoints.join(", ")}`, "Move its files first."),
    ];
  }
  const holder = holdersOf(question.world, block).find((other) => !isArray(other, question));
  if (holder) return [refuse(`${name} is held by ${holder.name} (${holder.type})`, "Take that away first.")];
  return content === undefined ? judgeBare(block, disk) : judgeIdle(block, question);
}

const isArray = (block: Block, { world }: SwapQuestion) => world.arrays.some((array) => array.name === block.name);

/** Its array may not run: then what is on it may be the only copy, and nothing of this swap fills it again. */
function judgeMember({ name, uuid }: Block, { world, plan }: SwapQuestion): readonly Judgement[] {
  const isOfArray = world.arrays.some(
    (array) => sameUuid(array.uuid, uuid) || array.members.some((member) => member.device === name),
  );
  if (isOfArray) return [];
  return [
    {
      verdict: "confirm",
      evidence: `${name} is of an array that isn't running here (${uuid ?? "UUID unknown"})`,
      waiver: `partition:${plan.target.serial}-${numberOf(name, world)}`,
      remedy: "Look at it: mdadm --examine; assemble it, or let it go by name.",
    },
  ];
}

function numberOf(name: string, world: World): number {
  return world.disks.flatMap((disk) => disk.partitions).find((one) => one.name === name)?.number ?? 0;
}

function judgeSwapArea({ name, mountPoints }: Block): Judgement {
  const on = mountPoints.includes("[SWAP]");
  return { verdict: "pass", evidence: `${name} is swap, ${on ? "on: step quiesce switches it off" : "off"}` };
}

function judgeEsp({ name, mountPoints }: Block): Judgement {
  const mounted = mountPoints.length > 0;
  const evidence = `${name} is an EFI system partition, ${mounted ? `mounted at ${mountPoints.join(", ")}: the mount moves to a survivor's` : "not mounted"}`;
  return { verdict: "pass", evidence };
}

/** A filesystem that isn't mounted: one of several disks of a mounted btrfs, or something forgotten. */
function judgeIdle({ name, content, label, uuid }: Block, { world, plan }: SwapQuestion): readonly Judgement[] {
  const elsewhere = world.blocks.find(
    (other) => other.uuid !== undefined && other.uuid === uuid && other.mountPoints.length > 0,
  );
  if (elsewhere) {
    const where = elsewhere.mountPoints.join(", ");
    return [refuse(`${name} is part of the ${content} at ${where}`, "Swap it with the filesystem's own tool.")];
  }
  return [
    {
      verdict: "confirm",
      evidence: `${name} holds ${content}${label === undefined ? "" : ` "${label}"`}, not mounted; no array has a copy`,
      waiver: `partition:${plan.target.serial}-${numberOf(name, world)}`,
      remedy: "Look what is in it; copy it away, or let it go by name.",
    },
  ];
}

/** No signature, and not one of the places that have none: possibly a guest's raw disk. */
function judgeBare(block: Block, disk: Disk): readonly Judgement[] {
  const isPlace = block.type === "disk" || block.partType === partTypes.biosBoot || extended.test(block.partType ?? "");
  const isTiny = block.sizeBytes <= 16 * 2 ** 20;
  if (isPlace || isTiny) return [];
  const evidence = `${block.name} of ${disk.name} has no signature: blank, or a raw disk of something`;
  return [{ verdict: "warn", evidence, remedy: "Ask the guests' settings whether one of them uses it." }];
}

/** An MBR's extended partition is only a frame. */
const extended = /^0x(?:0?5|0?f|85)$/i;

function judgePools({ world, plan }: SwapQuestion): readonly Judgement[] {
  return world.pools
    .filter((pool) => pool.members.some((member) => member.serial === plan.target.serial))
    .map((pool) =>
      refuse(`${plan.target.serial} is in ${pool.kind} ${pool.name}`, "Swap it with the pool's own tool."),
    );
}

/** `phy:/dev/sdb5` in what a guest says of itself. */
function judgeGuests(disk: Disk, { probes }: SwapQuestion): readonly Judgement[] {
  const names = [disk.name, ...disk.partitions.map((partition) => partition.name)];
  const guests = probes.flatMap((probe) => (probe.state === "present" ? (probe.carried ?? []) : []));
  return guests.flatMap((guest) => {
    const used = names.find((name) => new RegExp(`/dev/${name}(?![\\w-])`).test(guest.detail));
    return used
      ? [refuse(`${guest.name} uses /dev/${used} as it is: ${guest.detail}`, "Move the guest's disk first.")]
      : [];
  });
}

function refuse(evidence: string, remedy: string): Judgement {
  return { verdict: "refuse", evidence, remedy };
}
