import type { Block, Disk } from "../disks.ts";
import { bootStateOf, labelOf } from "./bootable.ts";
import { fail } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { arraysOn, isContainer, isInSync, isOn, serialOf } from "./members.ts";
import { inOrder, membershipsLike, membershipsOf, membershipsOnRecord } from "./memberships.ts";
import type { Membership, SwapArea, SwapMode, SwapPlan, TableSource, Target } from "./swap-plan.ts";
import { describeTarget } from "./target.ts";
import type { World } from "./world.ts";

export interface PlanOptions {
  /** Somebody's choice; else `chooseMode`'s. */
  readonly mode?: SwapMode | undefined;
  /** Can the bays be opened while it runs? `undefined`: nobody knows, and then they aren't. */
  readonly hotSwap?: boolean | undefined;
  /** An earlier look at the host, where the disk may still have been there. */
  readonly recorded?: World | undefined;
}

type KnownDisk = Disk & { readonly serial: string };

/** The target as it is to be thought of: `places` is the world in which it is, or was, in its bay. */
interface Subject {
  readonly disk: KnownDisk;
  readonly places: World;
  readonly memberships: readonly Membership[];
  /** Nobody knows how it was: it's taken to have been as a survivor is. */
  readonly guessed?: true;
}

/**
 * The plan for replacing the disk with this serial. A disk that is gone, or doesn't tell its partitions any more, is planned
 * for from the record; without one from a survivor that shares its arrays, taken to be laid out and as large as it was (its
 * own swap areas' UUIDs are then unknown, and left out).
 *
 * @throws `no-swap-plan`: the disk isn't known, is in no array of md, keeps an array's journal, or belongs to a firmware RAID.
 */
export function makePlan(world: World, serial: string, options: PlanOptions = {}): SwapPlan {
  const { disk, places, memberships, guessed } = subjectOf(world, serial, options.recorded);
  const target = describeTarget(places, disk);
  const survivors = survivorsOf(world, serial, memberships);
  return {
    target,
    mode: options.mode ?? chooseMode(world, target, options.hotSwap),
    firmware: world.firmware,
    memberships,
    survivors,
    table: tableFor(world, { disk, places, survivors }),
    swaps: guessed ? [] : swapsOn(places, disk),
    ...espOn(places, disk, guessed),
    ...biosBootOn(places, disk),
    knownSerials: [...new Set([serial, ...world.disks.flatMap((one) => one.serial ?? [])])].toSorted(),
    fingerprint: fingerprintOf(world),
  };
}

function subjectOf(world: World, serial: string, recorded: World | undefined): Subject {
  const here = knownDisk(world, serial);
  const then = recorded && knownDisk(recorded, serial);
  if (here) refuseUnsupported(world, here);
  const onRecord = recorded && then ? membershipsOnRecord(world, recorded, then) : [];
  const now = here ? membershipsOf(world, here) : [];
  const added = onRecord.filter((one) => now.every((known) => known.arrayUuid !== one.arrayUuid));
  const memberships = inOrder([...now, ...added]);
  const readable = here && (here.partitions.length > 0 || (then?.partitions.length ?? 0) === 0);
  if (memberships.length > 0 && here && readable) return { disk: here, places: world, memberships };
  if (memberships.length > 0 && recorded && then)
    return { disk: { ...then, ...(here ? { name: here.name } : {}) }, places: recorded, memberships };
  if (here) throw fail("no-swap-plan", { disk: serial, why: "it is in no array of Linux's software RAID" });
  return inferred(world, serial);
}

const knownDisk = (world: World, serial: string): KnownDisk | undefined => {
  const disk = world.disks.find((one) => one.serial === serial);
  return disk && { ...disk, serial };
};

function refuseUnsupported(world: World, disk: KnownDisk): void {
  for (const array of arraysOn(world, disk)) {
    const journal = array.members.some((member) => isOn(member, disk) && member.states.includes("journal"));
    if (journal)
      throw fail("no-swap-plan", { disk: disk.serial, why: `it keeps ${array.name}'s journal; do that by hand` });
    if (isContainer(array) || array.metadata.startsWith("external:"))
      throw fail("no-swap-plan", { disk: disk.serial, why: `${array.name} is a firmware RAID (${array.metadata})` });
  }
}

function inferred(world: World, serial: string): Subject {
  const models = world.disks.map((like) => ({ like, memberships: membershipsLike(world, like) }));
  const best = models.toSorted((a, b) => b.memberships.length - a.memberships.length)[0];
  if (!best || best.memberships.length === 0)
    throw fail("no-swap-plan", { disk: serial, why: "it isn't here, is on no record, and no array misses a member" });
  const { wwn: _wwn, vendor: _vendor, model: _model, ...shape } = best.like;
  return { disk: { ...shape, serial }, places: world, memberships: best.memberships, guessed: true };
}

function survivorsOf(world: World, serial: string, memberships: readonly Membership[]): readonly string[] {
  const arrays = world.arrays.filter((array) => memberships.some((one) => one.arrayUuid === array.uuid));
  const serials = arrays.flatMap((array) =>
    array.members.filter(isInSync).flatMap((one) => serialOf(world, one) ?? []),
  );
  return [...new Set(serials)].filter((one) => one !== serial).toSorted();
}

/**
 * `add-first` if the old disk is in sync everywhere, the bays may be opened and one is free: redundancy never drops. `hot` if they
 * may be opened; else `cold`.
 */
function chooseMode(world: World, target: Target, hotSwap: boolean | undefined): SwapMode {
  if (hotSwap !== true) return "cold";
  const disk = knownDisk(world, target.serial);
  const members = disk ? world.arrays.flatMap((array) => array.members.filter((one) => isOn(one, disk))) : [];
  const reads = members.length > 0 && members.every(isInSync);
  return reads && world.bays.some(isFree) ? "add-first" : "hot";
}

/** An empty slot of PCIe is mostly one for cards: nobody but the inventory knows whether a disk fits into it. */
const isFree = ({ serial, source }: World["bays"][number]) => serial === undefined && source !== "pcie";

function tableFor(world: World, of: { disk: KnownDisk; places: World; survivors: readonly string[] }): TableSource {
  if (of.disk.partitions.length === 0) return { kind: "none" };
  const label = labelOf(of.places, of.disk) ?? "gpt";
  if (label === "dos") return { kind: "record", label };
  const wanted = layoutOf(of.places, of.disk);
  const like = of.survivors.find((serial) => {
    const disk = knownDisk(world, serial);
    return disk && labelOf(world, disk) === "gpt" && layoutOf(world, disk) === wanted;
  });
  return like === undefined ? { kind: "record", label } : { kind: "survivor", serial: like, label };
}

const layoutOf = (world: World, disk: Disk): string =>
  JSON.stringify([
    disk.logicalSectorBytes,
    disk.partitions.map((one) => [one.number, one.startBytes, one.sizeBytes, blockOf(world, one.name)?.partType]),
  ]);

const blockOf = (world: World, name: string): Block | undefined => world.blocks.find((block) => block.name === name);

/** Swap on the disk itself; what is on md stays. Without a UUID nothing can find the new one, and it is left out. */
const swapsOn = (places: World, disk: Disk): readonly SwapArea[] =>
  disk.partitions.flatMap((partition) => {
    const block = blockOf(places, partition.name);
    if (block?.content !== "swap" || block.uuid === undefined) return [];
    const { uuid, label } = block;
    const active = block.mountPoints.includes("[SWAP]");
    return [{ partition: partition.number, uuid, ...(label === undefined ? {} : { label }), active }];
  });

const espType = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
const biosBootType = "21686148-6449-6e6f-744e-656564454649";

/** An ESP that is a member of a mirror (metadata 1.0) comes back with its array. */
function espOn(places: World, disk: Disk, guessed?: true): Pick<SwapPlan, "esp"> {
  const named = bootStateOf(places, disk)?.esp?.partition;
  const partition = disk.partitions.find(
    (one) => one.name === named || blockOf(places, one.name)?.partType === espType,
  );
  const block = partition && blockOf(places, partition.name);
  if (!partition || block?.content === "linux_raid_member") return {};
  if (guessed) return { esp: { partition: partition.number } };
  const mountPoint = block?.mountPoints[0];
  return {
    esp: {
      partition: partition.number,
      ...(block?.uuid === undefined ? {} : { uuid: block.uuid }),
      ...(mountPoint === undefined ? {} : { mountPoint }),
    },
  };
}

function biosBootOn(places: World, disk: Disk): Pick<SwapPlan, "biosBoot"> {
  if (places.firmware !== "bios") return {};
  const state = bootStateOf(places, disk);
  const named = state?.biosBoot?.partition;
  const found = disk.partitions.find(
    (one) => one.name === named || blockOf(places, one.name)?.partType === biosBootType,
  );
  if (found) return { biosBoot: { partition: found.number } };
  return state?.bootCode && labelOf(places, disk) === "dos" ? { biosBoot: { partition: 0 } } : {};
}
