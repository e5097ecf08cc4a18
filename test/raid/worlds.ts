import type { BootState, Disk, Member, RaidArray, SmartReport } from "../../src/disks.ts";
import type { World } from "../../src/raid/world.ts";
import {
  type DiskSpec,
  GiB,
  type HostSpec,
  MiB,
  makeDisk,
  makeHost,
  makeSmart,
  type PartitionSpec,
  partitionName,
} from "./world-builder.ts";

/** Serials of the disks below, in the order of their slots. */
export const serials = ["S3YANX0A0001", "S3YANX0B0002", "S3YANX0C0003", "S3YANX0D0004", "S3YANX0E0005", "S3YANX0F0006"];

const biosTable: readonly PartitionSpec[] = [
  { kind: "biosBoot", sizeBytes: MiB },
  { kind: "raid", sizeBytes: 512 * MiB },
  { kind: "raid", sizeBytes: 900 * GiB },
  { kind: "raid", sizeBytes: 8 * GiB },
];
const uefiTable: readonly PartitionSpec[] = [
  { kind: "esp", sizeBytes: 512 * MiB },
  { kind: "raid", sizeBytes: 1024 * MiB },
  { kind: "raid", sizeBytes: 900 * GiB },
  { kind: "swap", sizeBytes: 8 * GiB },
];

const disksOf = (names: readonly string[], partitions?: readonly PartitionSpec[], over?: Partial<Disk>): DiskSpec[] =>
  names.map((name, index) => ({
    name,
    serial: serials[index] as string,
    ...(partitions === undefined ? {} : { partitions }),
    ...(over === undefined ? {} : { over }),
  }));

const mirrored = (disks: readonly string[]): Pick<HostSpec, "arrays" | "uses"> => ({
  arrays: [
    { name: "md0", level: "raid1", disks, partition: 2, memberBytes: 512 * MiB },
    { name: "md1", level: "raid1", disks, partition: 3, memberBytes: 900 * GiB },
    { name: "md2", level: "raid1", disks, partition: 4, memberBytes: 8 * GiB },
  ],
  uses: [
    { on: "md0", content: "ext4", mountPoint: "/boot" },
    { on: "md1", content: "LVM2_member", volumes: { root: "/", srv: "/srv" } },
    { on: "md2", content: "swap", mountPoint: "[SWAP]" },
  ],
});

/** BIOS, GPT: sda and sdb; md0 /boot, md1 LVM with / and /srv, md2 swap. Healthy. */
export const twoDisks = (overrides: Partial<World> = {}): World =>
  makeHost({ disks: disksOf(["sda", "sdb"], biosTable), ...mirrored(["sda", "sdb"]) }, overrides);

/** UEFI: an ESP on each disk (sda1 at /boot/efi), md0 /boot, md1 LVM, swap beside it on partition 4 of each disk. */
export const twoDisksUefi = (overrides: Partial<World> = {}): World => {
  const names = ["sda", "sdb"];
  const { arrays, uses } = mirrored(names);
  return makeHost(
    {
      firmware: "uefi",
      disks: disksOf(names, uefiTable),
      arrays: arrays.slice(0, 2),
      uses: [...(uses ?? []).slice(0, 2), { on: "sda1", content: "vfat", mountPoint: "/boot/efi" }],
    },
    overrides,
  );
};

/** As `twoDisksUefi`, of two NVMe disks. */
export const twoNvme = (overrides: Partial<World> = {}): World => {
  const names = ["nvme0n1", "nvme1n1"];
  const { arrays, uses } = mirrored(names);
  const over = { transport: "nvme", model: "SAMSUNG MZQL2960HCJR-00A07", rotational: false };
  return makeHost(
    {
      firmware: "uefi",
      disks: disksOf(names, uefiTable, over),
      arrays: arrays.slice(0, 2),
      uses: [...(uses ?? []).slice(0, 2), { on: "nvme0n1p1", content: "vfat", mountPoint: "/boot/efi" }],
    },
    overrides,
  );
};

/** Whole disks, one array `md0` at /srv; nothing on it starts the machine. SAS. */
export function wholeDisks(level: string, count: number, overrides: Partial<World> = {}): World {
  const names = ["sda", "sdb", "sdc", "sdd", "sde", "sdf"].slice(0, count);
  return makeHost(
    {
      disks: disksOf(names, undefined, { transport: "sas", vendor: "SEAGATE" }),
      arrays: [{ name: "md0", level, disks: names, partition: 0, memberBytes: 999 * GiB }],
      uses: [{ on: "md0", content: "ext4", mountPoint: "/srv" }],
    },
    overrides,
  );
}

export const raid5 = (overrides: Partial<World> = {}): World => wholeDisks("raid5", 3, overrides);
export const raid6 = (overrides: Partial<World> = {}): World => wholeDisks("raid6", 4, overrides);
/** near-2: slots 0+1 and 2+3 are mirrors. */
export const raid10 = (overrides: Partial<World> = {}): World => wholeDisks("raid10", 4, overrides);

/** The same world with something changed in one array; `arrays` named `md1`. */
export const withArray = (world: World, name: string, change: Partial<RaidArray>): World => ({
  ...world,
  arrays: world.arrays.map((array) => (array.name === name ? { ...array, ...change } : array)),
});

/** The same world with something changed in one member (`sdb3`), whichever array it is in. */
export const withMember = (world: World, device: string, change: Partial<Member>): World => ({
  ...world,
  arrays: world.arrays.map((array) => ({
    ...array,
    members: array.members.map((member) => (member.device === device ? { ...member, ...change } : member)),
  })),
});

export const withSmart = (world: World, serial: string, change: Partial<SmartReport>): World => ({
  ...world,
  smart: world.smart.map((report) => (report.serial === serial ? { ...report, ...change } : report)),
});

const countDegraded = (array: RaidArray): RaidArray => {
  const whole = new Set(
    array.members
      .filter((one) => one.states.includes("in_sync") && !one.states.includes("faulty"))
      .map((one) => one.slot),
  );
  return { ...array, degraded: Math.max(0, array.raidDisks - whole.size) };
};
const changeMembers = (world: World, change: (members: readonly Member[], array: RaidArray) => Member[]): World => ({
  ...world,
  arrays: world.arrays.map((array) => countDegraded({ ...array, members: change(array.members, array) })),
});
const withoutSlot = ({ slot: _slot, ...member }: Member): Member => member;

/** `mdadm --fail` of everything that this disk has in arrays: `(F)`, no slot, still there. */
export const failDisk = (world: World, serial: string): World =>
  changeMembers(world, (members) =>
    members.map((one) => (one.serial === serial ? { ...withoutSlot(one), states: ["faulty"] } : one)),
  );

/** `mdadm --remove`: the disk is still in its bay. */
export const removeFromArrays = (world: World, serial: string): World =>
  changeMembers(world, (members) => members.filter((one) => one.serial !== serial));

/** The disk is pulled out after it was removed; its bay stays, empty. */
export function pullDisk(world: World, serial: string): World {
  const gone = world.disks.find((disk) => disk.serial === serial);
  const names = new Set([gone?.name, ...(gone?.partitions ?? []).map((partition) => partition.name)]);
  return {
    ...removeFromArrays(world, serial),
    disks: world.disks.filter((disk) => disk.serial !== serial),
    blocks: world.blocks
      .filter((block) => !names.has(block.name))
      .map((block) => ({ ...block, parents: block.parents.filter((parent) => !names.has(parent)) })),
    smart: world.smart.filter((report) => report.serial !== serial),
    boot: world.boot.filter((state) => state.serial !== serial),
    bays: world.bays.map((bay) => (bay.serial === serial ? (({ serial: _serial, ...empty }) => empty)(bay) : bay)),
  };
}

/** Pulled without a word: md still has it, without a disk (F12), faulty. */
export function surprisePull(world: World, serial: string): World {
  const failed = failDisk(world, serial);
  const pulled = pullDisk(world, serial);
  return {
    ...pulled,
    arrays: failed.arrays.map((array) => ({
      ...array,
      members: array.members.map((one) => (one.serial === serial ? (({ serial: _s, ...bare }) => bare)(one) : one)),
    })),
  };
}

/** Pulled without a word, and nothing was written since: md has it in its slot, in sync (F12). */
export const unnoticedPull = (world: World, serial: string): World => ({
  ...pullDisk(world, serial),
  arrays: world.arrays.map((array) => ({
    ...array,
    members: array.members.map((one) => (one.serial === serial ? (({ serial: _s, ...ghost }) => ghost)(one) : one)),
  })),
});

/** A blank disk is put in, into the first bay that is empty. */
export function insertDisk(world: World, spec: DiskSpec): World {
  const disk = makeDisk(spec);
  const block = { name: disk.name, type: "disk", parents: [], sizeBytes: disk.sizeBytes, mountPoints: [] };
  const empty = world.bays.findIndex((bay) => bay.serial === undefined);
  const bays = world.bays.map((bay, index) =>
    index === empty && disk.serial !== undefined ? { ...bay, serial: disk.serial } : bay,
  );
  const boot = {
    disk: disk.name,
    ...(disk.serial === undefined ? {} : { serial: disk.serial }),
    bootCode: false,
    entries: [],
  };
  return {
    ...world,
    disks: [...world.disks, disk],
    blocks: [...world.blocks, block],
    smart: [...world.smart, makeSmart(disk)],
    boot: [...world.boot, boot],
    bays,
  };
}

function moveBoot(state: BootState, disk: string, serial: string): BootState {
  const { biosBoot, esp } = state;
  return {
    ...state,
    disk,
    serial,
    ...(biosBoot ? { biosBoot: { ...biosBoot, partition: biosBoot.partition.replace(state.disk, disk) } } : {}),
    ...(esp ? { esp: { ...esp, partition: esp.partition.replace(state.disk, disk) } } : {}),
  };
}

/**
 * A disk that was put in takes the empty place of each array: laid out as `like`, then recovering, or (`done`) rebuilt.
 * Whole-disk arrays get the whole disk.
 */
export function addToArrays(world: World, serial: string, like: string, done = true): World {
  const model = world.disks.find((disk) => disk.serial === like);
  const disk = world.disks.find((one) => one.serial === serial);
  if (!model || !disk) throw new Error(`no ${serial} or ${like} here`);
  const nameOf = (device: string) =>
    partitionName(disk.name, model.partitions.find((one) => one.name === device)?.number ?? 0);
  const partitions = model.partitions.map((one) => ({ ...one, name: nameOf(one.name) }));
  const added = changeMembers(world, (members, array) => {
    const source = members.find((one) => one.serial === like);
    if (!source) return [...members];
    const slot = Array.from({ length: array.raidDisks }, (_, at) => at).find((at) =>
      members.every((one) => one.slot !== at),
    );
    const member = { device: nameOf(source.device), serial, errors: 0, badBlocks: [], events: 42 };
    return [...members, { ...member, ...(slot === undefined ? {} : { slot }), states: [done ? "in_sync" : "spare"] }];
  });
  const devicesOf = (name: string) => added.arrays.find((one) => one.name === name)?.members.map((one) => one.device);
  return {
    ...added,
    disks: added.disks.map((one) => (one === disk ? { ...one, partitions } : one)),
    blocks: [
      ...added.blocks.map((block) => ({ ...block, parents: devicesOf(block.name) ?? block.parents })),
      ...partitions.flatMap((partition) => {
        const copied = world.blocks.find((block) => block.name === partitionName(model.name, partition.number));
        const own = { name: partition.name, parents: [disk.name], partUuid: `new-${partition.name}`, mountPoints: [] };
        return copied ? [{ ...copied, ...own }] : [];
      }),
    ],
    boot: added.boot.map((state) => {
      const copied = done && state.serial === serial ? world.boot.find((one) => one.serial === like) : undefined;
      return copied ? moveBoot(copied, disk.name, serial) : state;
    }),
    arrays: added.arrays.map((array) =>
      !done && array.degraded > 0
        ? { ...array, syncAction: "recover", syncCompleted: 0.25, syncKibPerSecond: 102_400 }
        : array,
    ),
  };
}
