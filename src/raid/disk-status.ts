import type { Bay, Disk } from "../disks.ts";
import { arrayStatus, worst } from "./array-status.ts";
import { backupStatus, backupsOf, isLate, uncoveredMounts } from "./backup-cover.ts";
import { bootStateOf, starts } from "./bootable.ts";
import { bayOf, called, diskReasons, poolReasons, smartOf } from "./disk-reasons.ts";
import { asSeen } from "./ghosts.ts";
import { arraysOn, badSectors, isOn } from "./members.ts";
import type { ProbeReport } from "./probes/probe.ts";
import { type DiskStatus, type DisksStatus, type Reason, severities } from "./status.ts";
import type { World } from "./world.ts";

/**
 * What `disk status` says of a node. The severity is the worst one of the reasons. A reason of severity `ok` is worth knowing
 * and no cause for alarm: CRC errors (a cable), a `check` that is overdue, a RAID1's mismatches, a SMART that is mute, and a
 * missing or late backup as long as the disks are well. Once a disk or an array isn't well the same backup is `at-risk`: it may
 * be all there is soon. Backups are only spoken of when `told.probes` has been asked for.
 */
export function diskStatus(read: World, told: { readonly probes?: readonly ProbeReport[] } = {}): DisksStatus {
  const world = asSeen(read);
  const arrays = world.arrays.map((array) => arrayStatus(world, array));
  const hardware = [
    ...arrays.flatMap((array) => array.reasons),
    ...diskReasons(world),
    ...world.pools.flatMap(poolReasons),
  ];
  const reasons = [
    ...hardware,
    ...backupReasons(world, told.probes, worst(hardware.map((one) => one.severity)) !== "ok"),
  ];
  const sorted = reasons.toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity));
  return {
    severity: worst(sorted.map((reason) => reason.severity)),
    reasons: sorted,
    arrays: arrays.map((array) => array.status),
    disks: world.disks.map((disk) => lineOf(world, disk, sorted)),
    pools: world.pools,
    backups: backupsOf(told.probes ?? []).map(backupStatus),
  };
}

const backupTools = ["restic", "borg", "dumps", "command"];

function backupReasons(world: World, probes: readonly ProbeReport[] | undefined, unwell: boolean): Reason[] {
  if (probes === undefined) return [];
  const severity = unwell ? "at-risk" : "ok";
  const backups = backupsOf(probes);
  const unknown = probes.flatMap((report) =>
    report.state === "unknown" && backupTools.includes(report.probe)
      ? [{ about: report.label, text: `unknown: ${report.why}` }]
      : [],
  );
  const late = backups.filter(isLate).map((backup) => ({
    about: backup.covers.join(", "),
    text:
      backup.ageSeconds === undefined
        ? `no backup was ever made (${backup.tool})`
        : `the last backup (${backup.tool}) is ${hours(backup.ageSeconds)} old, allowed are ${hours(backup.maxAgeSeconds)}`,
  }));
  const missing = uncoveredMounts(world, backups).map((about) => ({ about, text: "no backup is set up" }));
  return [...missing, ...late, ...unknown].map((reason) => ({ severity, ...reason }));
}

const hours = (seconds: number) => `${Math.floor(seconds / 3600)} h`;

function lineOf(world: World, disk: Disk, reasons: readonly Reason[]): DiskStatus {
  const arrays = arraysOn(world, disk);
  const members = arrays.flatMap((array) => array.members.filter((member) => isOn(member, disk)));
  const pools = world.pools.filter((pool) =>
    pool.members.some((one) => one.serial !== undefined && one.serial === disk.serial),
  );
  const failed = members.length > 0 && members.every((member) => member.states.includes("faulty"));
  const own = reasons.filter((reason) => reason.about === called(disk)).map((reason) => reason.severity);
  const { serial, wwn, vendor, model, transport } = disk;
  return {
    name: disk.name,
    ...given({ serial, wwn, vendor, model, transport }),
    sizeBytes: disk.sizeBytes,
    ...placeOf(bayOf(world, serial)),
    severity: failed ? "failed" : worst(own),
    memberOf: [...arrays, ...pools].map((one) => one.name),
    ...given({ smart: smartOf(world, disk) }),
    badBlocks: members.reduce((sum, member) => sum + badSectors(member), 0),
    ...bootOf(world, disk),
  };
}

function placeOf(bay: Bay | undefined): Pick<DiskStatus, "slot" | "enclosure" | "led"> {
  if (!bay) return {};
  const known = bay.locate !== undefined || bay.fault !== undefined;
  const led = bay.locate ? "locate" : bay.fault ? "fault" : known ? "off" : undefined;
  return { slot: bay.slot, ...given({ enclosure: bay.enclosure, led }) };
}

function bootOf(world: World, disk: Disk): Pick<DiskStatus, "bootable" | "boot"> {
  const found = starts(world, disk);
  const bootable = found.kind === "yes" ? true : found.kind === "no" ? false : undefined;
  return given({ bootable, boot: bootStateOf(world, disk) });
}

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Only what there is: an absent property and an undefined one aren't the same. */
const given = <T extends object>(all: T): Given<T> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Given<T>;
