import type { Bay, Disk } from "../disks.ts";
import { bayOf } from "./disk-reasons.ts";
import type { Target } from "./swap-plan.ts";
import type { World } from "./world.ts";

/** Which disk a word means, or why none may be acted on. */
export type Resolved =
  /** `disk` as it is, or, when it isn't there any more, as it was on record (`isHere` false). */
  | { readonly kind: "disk"; readonly serial: string; readonly disk: Disk; readonly isHere: boolean }
  | { readonly kind: "none" }
  /** For people to choose from: `S3YANX0A0001 (sda, slot 0)`. */
  | { readonly kind: "several"; readonly candidates: readonly string[] }
  | { readonly kind: "no-serial"; readonly disk: Disk };

/**
 * The disk that somebody means by a serial, a WWN, a slot (`3`, or `ENCLOSURE/3`), a name of this moment (`sda`, `/dev/sda`,
 * `/dev/disk/by-id/…`) or the last four or more characters of one serial. Partitions aren't disks. A disk that is gone is
 * found in `remembered`, an earlier look at the same host, but never by its name or slot of then: they may be another's now.
 */
export function resolveTarget(world: World, word: string, remembered?: World): Resolved {
  const asked = word.trim();
  const gone = (remembered?.disks ?? []).filter((disk) => disk.serial && !has(world, disk.serial));
  const here = world.disks;
  const bySerial = [...here, ...gone].filter((disk) => same(disk.serial, asked));
  const exact = [...here.filter((disk) => isMeant(world, disk, asked)), ...gone.filter((disk) => isWwn(disk, asked))];
  const byEnd = asked.length < 4 ? [] : [...here, ...gone].filter((disk) => endsWith(disk.serial, asked));
  const found = bySerial.length > 0 ? bySerial : [...exact, ...byEnd];
  const [first, ...others] = [...new Set(found)];
  if (!first) return { kind: "none" };
  return others.length > 0 ? several(world, [first, ...others]) : certain(world, first);
}

function certain(world: World, disk: Disk): Resolved {
  const { serial } = disk;
  if (!serial) return { kind: "no-serial", disk };
  const namesakes = world.disks.filter((one) => same(one.serial, serial));
  return namesakes.length > 1
    ? several(world, namesakes)
    : { kind: "disk", serial, disk, isHere: namesakes.length === 1 };
}

function several(world: World, disks: readonly Disk[]): Resolved {
  const candidates = disks.map((disk) => {
    const slot = bayOf(world, disk.serial)?.slot;
    return `${disk.serial ?? "no serial"} (${[disk.name, ...(slot === undefined ? [] : [`slot ${slot}`])].join(", ")})`;
  });
  return { kind: "several", candidates };
}

const has = (world: World, serial: string) => world.disks.some((disk) => disk.serial === serial);
const same = (serial: string | undefined, word: string) =>
  word !== "" && serial?.trim().toLowerCase() === word.toLowerCase();
const endsWith = (serial: string | undefined, word: string) =>
  serial?.trim().toLowerCase().endsWith(word.toLowerCase()) ?? false;

/** By what is true at this moment only, or by its WWN. */
function isMeant(world: World, disk: Disk, word: string): boolean {
  const name = word.replace(/^\/dev\/(?!disk\/)/, "");
  return name === disk.name || isWwn(disk, word) || isById(disk, word) || isInSlot(bayOf(world, disk.serial), word);
}

/** Forms of one WWN: `0x5000…`, `wwn-0x5000…`, `naa.5000…`, `eui.…`, with or without a path before it. */
function isWwn(disk: Disk, word: string): boolean {
  const bare = bareWwn(word.replace(/^\/dev\/disk\/by-id\//, ""));
  return disk.wwn !== undefined && bare.length >= 8 && bare === bareWwn(disk.wwn);
}

const bareWwn = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/^(wwn-|nvme-|scsi-3)/, "")
    .replace(/^(0x|naa\.|eui\.)/, "");

/** udev's `ata-MODEL_SERIAL` and the like; it ends with the serial, or for NVMe's second name with `SERIAL_1`. */
function isById(disk: Disk, word: string): boolean {
  const id = word.replace(/^\/dev\/disk\/by-id\//, "");
  if (id === word || !disk.serial) return false;
  return id.endsWith(`_${disk.serial}`) || id.endsWith(`_${disk.serial}_1`);
}

const isInSlot = (bay: Bay | undefined, word: string) =>
  bay !== undefined && (bay.slot === word || (bay.enclosure !== undefined && `${bay.enclosure}/${bay.slot}` === word));

/** The target as a plan and a ticket show it, with its neighbours; place and neighbours from `places` (a record, if it's gone). */
export function describeTarget(places: World, disk: Disk & { readonly serial: string }): Target {
  const { serial, wwn, vendor, model, transport } = disk;
  const bay = bayOf(places, serial);
  return {
    serial,
    ...(wwn === undefined ? {} : { wwn }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(model === undefined ? {} : { model }),
    ...(transport === undefined ? {} : { transport }),
    sizeBytes: disk.sizeBytes,
    logicalSectorBytes: disk.logicalSectorBytes,
    ...(bay ? { slot: bay.slot } : {}),
    ...(bay?.enclosure === undefined ? {} : { enclosure: bay.enclosure }),
    neighbours: neighboursOf(places, serial, bay),
  };
}

/** Whoever is in the slots beside it; where no number tells which those are, or no bays are known, everybody else. */
function neighboursOf(world: World, serial: string, bay: Bay | undefined): Target["neighbours"] {
  const others = world.disks.flatMap((disk) =>
    disk.serial && disk.serial !== serial ? [{ ...disk, serial: disk.serial }] : [],
  );
  const beside = others.filter((disk) => isBeside(bay, bayOf(world, disk.serial)));
  return (beside.length > 0 ? beside : others).map((disk) => {
    const slot = bayOf(world, disk.serial)?.slot;
    return {
      ...(slot === undefined ? {} : { slot }),
      serial: disk.serial,
      ...(disk.model === undefined ? {} : { model: disk.model }),
    };
  });
}

function isBeside(bay: Bay | undefined, other: Bay | undefined): boolean {
  if (!bay || !other || bay.enclosure !== other.enclosure) return false;
  return Math.abs(numberOf(bay.slot) - numberOf(other.slot)) === 1;
}

const numberOf = (slot: string) => Number.parseInt(/\d+$/.exec(slot)?.[0] ?? "", 10);
