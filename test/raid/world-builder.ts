import type { Bay, Block, BootState, Disk, Member, Partition, RaidArray, SmartReport } from "../../src/disks.ts";
import type { World } from "../../src/raid/world.ts";

export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;

/** GPT's types, in small letters. */
export const gptTypes = {
  biosBoot: "21686148-6449-6e6f-744e-656564454649",
  esp: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
  raid: "a19d880f-05fc-4d3b-a006-743f0f84911e",
  swap: "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",
  linux: "0fc63daf-8483-4772-8e79-3d69d8477de4",
} as const;

export interface PartitionSpec {
  readonly kind: "biosBoot" | "esp" | "raid" | "swap" | "linux";
  readonly sizeBytes: number;
}

export interface DiskSpec {
  readonly name: string;
  readonly serial?: string;
  readonly sizeBytes?: number;
  readonly partitions?: readonly PartitionSpec[];
  readonly over?: Partial<Disk>;
}

/** `sda3`, `nvme0n1p3`; partition 0 is the whole disk. */
export const partitionName = (disk: string, number: number) =>
  number === 0 ? disk : `${disk}${/\d$/.test(disk) ? "p" : ""}${number}`;

export function makeDisk(spec: DiskSpec): Disk {
  let startBytes = MiB;
  const partitions: Partition[] = (spec.partitions ?? []).map(({ sizeBytes }, index) => {
    const partition = { name: partitionName(spec.name, index + 1), number: index + 1, startBytes, sizeBytes };
    startBytes += sizeBytes;
    return partition;
  });
  return {
    name: spec.name,
    ...(spec.serial === undefined ? {} : { serial: spec.serial, wwn: `0x5000c500${hexOf(spec.serial)}` }),
    vendor: "ATA",
    model: "ST1000NX0313",
    transport: "sata",
    sizeBytes: spec.sizeBytes ?? 1000 * GiB,
    logicalSectorBytes: 512,
    physicalSectorBytes: 4096,
    rotational: true,
    removable: false,
    readOnly: false,
    partitions,
    ...spec.over,
  };
}

/** Eight hexadecimal digits that depend on a text: WWNs and UUIDs that stay what they are. */
export function hexOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}

const dashed = (text: string) => {
  const hex = [1, 2, 3, 4].map((salt) => hexOf(`${text}${salt}`)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

/** As sysfs and mdadm write it: `c1b2…:…:…:…`. */
export const arrayUuid = (array: string) => [1, 2, 3, 4].map((salt) => hexOf(`${array}${salt}`)).join(":");

export interface ArraySpec {
  readonly name: string;
  readonly level: string;
  /** In the order of slots: disks by name. */
  readonly disks: readonly string[];
  /** 0: whole disks. */
  readonly partition: number;
  readonly memberBytes: number;
  readonly over?: Partial<RaidArray>;
}

const dataDisks = (level: string, count: number) =>
  ({ raid1: 1, raid5: count - 1, raid6: count - 2, raid10: count / 2 })[level] ?? count;

export function makeArray(spec: ArraySpec, disks: readonly Disk[]): RaidArray {
  const members: Member[] = spec.disks.map((name, slot) => {
    const serial = disks.find((disk) => disk.name === name)?.serial;
    return {
      device: partitionName(name, spec.partition),
      ...(serial === undefined ? {} : { serial }),
      slot,
      states: ["in_sync"],
      errors: 0,
      badBlocks: [],
      events: 42,
    };
  });
  return {
    name: spec.name,
    uuid: arrayUuid(spec.name),
    level: spec.level,
    metadata: "1.2",
    state: "clean",
    raidDisks: spec.disks.length,
    degraded: 0,
    layout: spec.level === "raid10" ? 0x102 : ["raid5", "raid6"].includes(spec.level) ? 2 : 0,
    syncAction: "idle",
    lastSyncAction: "check",
    checkedAgoSeconds: 9 * 86_400,
    mismatches: 0,
    hasBitmap: true,
    sizeBytes: spec.memberBytes * dataDisks(spec.level, spec.disks.length),
    members,
    ...spec.over,
  };
}

/** What lies in an array or on a partition: `{ on: "md0", content: "ext4", mountPoint: "/boot" }`. */
export interface UseSpec {
  readonly on: string;
  readonly content: string;
  readonly mountPoint?: string;
  /** Logical volumes inside: name → mount point. */
  readonly volumes?: Readonly<Record<string, string>>;
}

export interface HostSpec {
  readonly firmware?: "bios" | "uefi";
  readonly disks: readonly DiskSpec[];
  readonly arrays: readonly ArraySpec[];
  readonly uses?: readonly UseSpec[];
}

/** A healthy host in which everything fits together: blocks, SMART, boot loaders and bays follow from disks and arrays. */
export function makeHost(spec: HostSpec, overrides: Partial<World> = {}): World {
  const firmware = spec.firmware ?? "bios";
  const disks = spec.disks.map(makeDisk);
  const arrays = spec.arrays.map((array) => makeArray(array, disks));
  return {
    hostname: "web01",
    machineId: "3f0c6d1b5a3d4a6e9a7c1f2e3d4b5a69",
    bootId: "8f14e45f-ceea-467f-a0e6-5f3a2c1b0d9e",
    firmware,
    disks,
    arrays,
    blocks: makeBlocks(spec, disks, arrays),
    smart: disks.map(makeSmart),
    boot: spec.disks.map((disk, index) => makeBoot(disk, index, firmware)),
    kernelErrors: [],
    bays: disks.flatMap(makeBay),
    pools: [],
    ...overrides,
  };
}

function makeBlocks(spec: HostSpec, disks: readonly Disk[], arrays: readonly RaidArray[]): Block[] {
  const ofDisks = disks.flatMap((disk, index): Block[] => [
    withMemberContent(
      { name: disk.name, type: "disk", parents: [], sizeBytes: disk.sizeBytes, mountPoints: [] },
      arrays,
    ),
    ...disk.partitions.map((partition, at) =>
      withMemberContent(partitionBlock(disk, partition, spec.disks[index]?.partitions?.[at]?.kind ?? "linux"), arrays),
    ),
  ]);
  const ofArrays = arrays.map(
    (array): Block => ({
      name: array.name,
      type: array.level,
      parents: array.members.map((member) => member.device),
      sizeBytes: array.sizeBytes,
      mountPoints: [],
    }),
  );
  const blocks = [...ofDisks, ...ofArrays];
  return (spec.uses ?? []).reduce(putUse, blocks);
}

function partitionBlock(disk: Disk, partition: Partition, kind: PartitionSpec["kind"]): Block {
  const content = { esp: "vfat", swap: "swap", biosBoot: undefined, raid: undefined, linux: undefined }[kind];
  return {
    name: partition.name,
    type: "part",
    parents: [disk.name],
    sizeBytes: partition.sizeBytes,
    ...(content === undefined
      ? {}
      : { content, uuid: content === "vfat" ? espUuid(partition.name) : dashed(partition.name) }),
    partType: gptTypes[kind],
    partUuid: dashed(`${disk.serial}-${partition.number}`),
    mountPoints: kind === "swap" ? ["[SWAP]"] : [],
  };
}

const espUuid = (partition: string) =>
  hexOf(partition)
    .toUpperCase()
    .replace(/^(.{4})/, "$1-");

function withMemberContent(block: Block, arrays: readonly RaidArray[]): Block {
  const array = arrays.find((one) => one.members.some((member) => member.device === block.name));
  if (!array?.uuid) return block;
  const uuid = array.uuid.replaceAll(":", "").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return { ...block, content: "linux_raid_member", uuid, label: `web01:${array.name}` };
}

function putUse(blocks: Block[], use: UseSpec): Block[] {
  const used = blocks.map((block) =>
    block.name === use.on
      ? {
          ...block,
          content: use.content,
          uuid: block.uuid ?? dashed(use.on),
          mountPoints: use.mountPoint === undefined ? [] : [use.mountPoint],
        }
      : block,
  );
  const volumes = Object.entries(use.volumes ?? {}).map(
    ([name, mountPoint]): Block => ({
      name: `vg0-${name}`,
      type: "lvm",
      parents: [use.on],
      sizeBytes: 20 * GiB,
      content: "ext4",
      uuid: dashed(name),
      mountPoints: [mountPoint],
    }),
  );
  return [...used, ...volumes];
}

export function makeSmart(disk: Disk): SmartReport {
  const about = { disk: disk.name, ...(disk.serial === undefined ? {} : { serial: disk.serial }), available: true };
  const test = {
    lastLongTest: { passed: true, hoursAgo: 100 },
    powerOnHours: 12_000,
    temperatureCelsius: 34,
    passed: true,
  };
  if (disk.transport === "nvme") {
    const health = {
      criticalWarning: 0,
      mediaErrors: 0,
      percentageUsed: 7,
      availableSpare: 100,
      availableSpareThreshold: 10,
    };
    return { ...about, ...test, ...health, protocol: "nvme" };
  }
  if (disk.transport === "sas") return { ...about, ...test, protocol: "scsi", grownDefects: 0, uncorrectedErrors: 0 };
  return { ...about, ...test, protocol: "ata", reallocated: 0, pending: 0, offlineUncorrectable: 0, crcErrors: 0 };
}

function makeBoot(disk: DiskSpec, index: number, firmware: "bios" | "uefi"): BootState {
  const about = { disk: disk.name, ...(disk.serial === undefined ? {} : { serial: disk.serial }) };
  const number = (kind: PartitionSpec["kind"]) => (disk.partitions ?? []).findIndex((one) => one.kind === kind) + 1;
  const [biosBoot, esp] = [number("biosBoot"), number("esp")];
  const uefi = firmware === "uefi" && esp > 0;
  return {
    ...about,
    bootCode: firmware === "bios" && biosBoot > 0,
    ...(biosBoot === 0
      ? {}
      : {
          biosBoot: {
            partition: partitionName(disk.name, biosBoot),
            empty: false,
            digest: "d41d8cd98f00b204e9800998ecf8427e",
          },
        }),
    ...(esp === 0
      ? {}
      : {
          esp: {
            partition: partitionName(disk.name, esp),
            uuid: espUuid(partitionName(disk.name, esp)),
            files: {
              "efi/debian/shimx64.efi": "5f1e",
              "efi/debian/grubx64.efi": "77ab",
              "efi/boot/bootx64.efi": "5f1e",
            },
          },
        }),
    entries: uefi ? [`000${index + 1}`] : [],
  };
}

const makeBay = (disk: Disk, index: number): Bay[] =>
  disk.serial === undefined
    ? []
    : [
        {
          slot: String(index),
          enclosure: "0:0:32:0",
          serial: disk.serial,
          locate: false,
          fault: false,
          source: "enclosure",
        },
      ];
