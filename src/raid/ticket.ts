import type { Disk, RaidArray } from "../disks.ts";
import { bayOf, called, smartOf } from "./disk-reasons.ts";
import { asSeen } from "./ghosts.ts";
import { arraysOn, isInSync, isOn } from "./members.ts";
import { emptySlots } from "./memberships.ts";
import { survivesWithout } from "./redundancy.ts";
import { judgeSmart } from "./smart-verdict.ts";
import type { DisksStatus } from "./status.ts";
import { describeTarget } from "./target.ts";
import type { World } from "./world.ts";

export interface TicketFor {
  readonly node: string;
  readonly rack?: string;
  /** Of the disk that it's about; else the sickest one's. */
  readonly serial?: string;
}

/**
 * Plain text for the data centre, about one disk: what is to be pulled, where it is, why, and the serials of the healthy ones that
 * must stay in; of a dead disk, which tells no serial, only those. A disk without which data would be lost is only chosen if
 * there is no other to write about, and then it says not to pull it. `undefined`: no disk needs hands. A missing boot loader needs
 * none, and isn't looked at here.
 */
export function ticket(read: World, status: DisksStatus, about: TicketFor): string | undefined {
  const world = asSeen(read);
  const gone = world.arrays.filter((array) => array.state !== "clear" && emptySlots(world, array).length > 0);
  const sick = sickDisks(world);
  const chosen = about.serial === undefined ? choose(world, sick, gone) : serialed(world, about.serial);
  if (chosen === undefined && about.serial === undefined && gone.length === 0) return undefined;
  const lines = [
    ["Please replace a disk in", about.node === world.hostname ? about.node : `${about.node} (${world.hostname})`],
    ...(about.rack === undefined ? [] : [["Rack", about.rack]]),
    ...(chosen ? diskLines(world, chosen) : goneLines(world, about.serial)),
    ...(chosen && !mayLeave(world, chosen)
      ? [["DON'T PULL IT YET", "no other copy of its data is left. Wait for our word"]]
      : []),
    ...whyLines(status, chosen, gone),
    ...sick
      .filter((disk) => disk !== chosen)
      .map((disk) => ["Not well either, but must NOT be pulled now", placed(world, disk)]),
    ...healthyLines(world, sick, chosen),
  ];
  return `${lines.map(([label, value]) => `${label}: ${value}`).join("\n")}\n`;
}

const serialed = (world: World, serial: string) => world.disks.find((disk) => disk.serial === serial);

/** The sickest one that may leave; else, if a disk is missing already, that one, which is no disk here; else the sickest. */
const choose = (world: World, sick: readonly Disk[], gone: readonly RaidArray[]): Disk | undefined =>
  sick.find((disk) => mayLeave(world, disk)) ?? (gone.length > 0 ? undefined : sick[0]);

const mayLeave = (world: World, disk: Disk): boolean =>
  arraysOn(world, disk).every((array) => {
    const members = array.members.filter((member) => isOn(member, disk) && isInSync(member));
    return (
      members.length === 0 ||
      survivesWithout(
        array,
        members.flatMap((member) => member.slot ?? []),
      )
    );
  });

function diskLines(world: World, disk: Disk): string[][] {
  const bay = bayOf(world, disk.serial);
  const light = bay?.locate ? "locate, on" : bay?.fault ? "fault, on" : bay?.locate === undefined ? "unknown" : "off";
  return [
    ["Slot", bay ? slotText(bay) : "unknown"],
    ...(disk.hctl === undefined ? [] : [["HCTL", disk.hctl]]),
    ["Serial of the DEFECTIVE disk", disk.serial ?? "unknown: it tells none"],
    ...(disk.wwn === undefined ? [] : [["WWN", disk.wwn]]),
    ["Model", modelOf(disk)],
    [
      "Size",
      `${(disk.sizeBytes / 1e9).toFixed(0)} GB (${disk.sizeBytes} bytes), ${disk.logicalSectorBytes}-byte sectors`,
    ],
    ["Transport", disk.transport ?? "unknown"],
    ["Light", light],
  ];
}

/** It isn't seen: of its bay only that it is one of those without a disk that answers. */
function goneLines(world: World, serial: string | undefined): string[][] {
  const empty = world.bays.filter((bay) => bay.serial === undefined).map(slotText);
  return [
    ["Slot", empty.length > 0 ? `one of those in which no disk answers: ${empty.join(", ")}` : "unknown"],
    ["Serial of the DEFECTIVE disk", serial ?? "unknown: it doesn't answer. It is the one that isn't listed below"],
  ];
}

function whyLines(status: DisksStatus, disk: Disk | undefined, gone: readonly RaidArray[]): string[][] {
  if (!disk)
    return [
      ["Why", gone.length > 0 ? `a member of ${gone.map((one) => one.name).join(", ")} is missing` : "it isn't seen"],
    ];
  const own = status.reasons.filter((one) => one.about === called(disk) && one.severity !== "ok");
  return own.length > 0 ? own.map((reason) => ["Why", reason.text]) : [["Why", "the operator asks for it"]];
}

/** Those beside it first. */
function healthyLines(world: World, sick: readonly Disk[], disk: Disk | undefined): string[][] {
  const beside = disk?.serial === undefined ? [] : describeTarget(world, { ...disk, serial: disk.serial }).neighbours;
  const far = (one: Disk) => (beside.some((neighbour) => neighbour.serial === one.serial) ? 0 : 1);
  return world.disks
    .filter((one) => one !== disk && !one.removable && !sick.includes(one))
    .toSorted((a, b) => far(a) - far(b))
    .map((one) => ["HEALTHY, must stay in", placed(world, one)]);
}

const modelOf = (disk: Disk) => [disk.vendor?.trim(), disk.model?.trim()].filter(Boolean).join(" ") || "unknown";
const slotText = ({ slot, enclosure }: { slot: string; enclosure?: string }) =>
  enclosure === undefined ? slot : `${slot} of enclosure ${enclosure}`;

function placed(world: World, disk: Disk): string {
  const bay = bayOf(world, disk.serial);
  return [disk.serial ?? disk.name, bay ? `slot ${slotText(bay)}` : "slot unknown", modelOf(disk)].join(", ");
}

/** Disks that something on themselves speaks against, the sickest first; equally sick: as they are listed. */
function sickDisks(world: World): readonly Disk[] {
  const ranked = world.disks.map((disk) => ({ disk, rank: sickness(world, disk) })).filter(({ rank }) => rank > 0);
  return ranked.toSorted((a, b) => b.rank - a.rank).map(({ disk }) => disk);
}

/** Noted bad blocks come last: a rebuild copies them into disks that are well (F1). */
function sickness(world: World, disk: Disk): number {
  const members = arraysOn(world, disk).flatMap((array) => array.members.filter((member) => isOn(member, disk)));
  const report = smartOf(world, disk);
  const inPools = world.pools.flatMap((pool) => pool.members.filter((one) => one.serial && one.serial === disk.serial));
  const has = (state: string) => members.some((member) => member.states.includes(state));
  if (has("faulty") || inPools.some((one) => one.state === "failed")) return 4;
  if (has("write_error") || inPools.some((one) => one.state === "predicted")) return 3;
  if (report && judgeSmart(report).some((remark) => remark.severity === "at-risk")) return 2;
  return members.some((member) => isInSync(member) && member.badBlocks.length > 0) ? 1 : 0;
}
