import type { Block, Disk, Member, RaidArray } from "../../../src/disks.ts";
import type { SwapActs } from "../../../src/lifecycle/operations/diskswap/swap-acts.ts";
import { sameUuid } from "../../../src/raid/members.ts";
import type { World } from "../../../src/raid/world.ts";
import { type DiskSpec, partitionName } from "../../raid/world-builder.ts";
import { insertDisk, pullDisk } from "../../raid/worlds.ts";
import type { FakeHost } from "./fake-host.ts";

/** What an act was made from: the fields of all of them. */
export type Call = Readonly<Record<string, unknown>>;

interface Done {
  readonly exitCode: number;
  readonly stdout: string;
}

const ok = (stdout = "done"): Done => ({ exitCode: 0, stdout });
const refuse = (code: string, words: string): Done => ({ exitCode: 3, stdout: `@refuse ${code} ${words}` });

/** Does to the model what the act's program does to a host; refuses where that refuses. */
export function acting(host: FakeHost, act: keyof SwapActs, call: Call): Done {
  return deeds[act](host, call);
}

type Deed = (host: FakeHost, call: Call) => Done;

const deeds: Readonly<Record<keyof SwapActs, Deed>> = {
  recordHost: ({ world }) => ok(recordLines(world)),
  backUpNow: (host, { commands }) => {
    if (host.backsUpNothing) return ok();
    host.probes = host.probes.map((report) =>
      report.state === "present"
        ? {
            ...report,
            backups: (report.backups ?? []).map((one) =>
              (commands as string[]).includes(one.runNow ?? "") ? { ...one, ageSeconds: 0 } : one,
            ),
          }
        : report,
    );
    return ok();
  },
  drain: (host, { commands }) => carry(host, commands, "drain"),
  undrain: (host, { commands }) => carry(host, commands, "undrain"),
  powerOffNow: () => ok("powering-off"),
  rescan: (host) => {
    for (const [serial, before] of host.detached) host.world = putInto(host.world, before, serial);
    host.detached.clear();
    return ok("rescanned");
  },
  failMember: (host, call) => {
    const array = arrayIn(host.world, call);
    if (array.name === host.breaks) return refuse("array-broke", `${array.name}: writing a file failed`);
    const others = array.members.filter((one) => one.serial !== call.serial && one.states.includes("in_sync"));
    if (others.length === 0) return refuse("last-copy", `${array.name}: no other copy is in sync`);
    return changed(host, call, (members) =>
      members.map((one) => (isAt(host.world, one, call) ? { ...withoutSlot(one), states: ["faulty"] } : one)),
    );
  },
  removeMember: (host, call) => changed(host, call, (members) => members.filter((one) => !isAt(host.world, one, call))),
  removeGone: (host, call) =>
    changed(host, call, (members) =>
      members.filter((one) => one.serial !== undefined && !one.states.includes("faulty")),
    ),
  reAddMember: (host, call) => joined(host, call, ["in_sync"]),
  addMember: (host, call) => {
    const done = joined(host, call, ["spare"]);
    return done.exitCode === 0 ? syncing(host, call) : done;
  },
  replaceMember: (host, { arrayUuid, oldSerial, newSerial, newPartition }) => {
    const call = { arrayUuid, serial: newSerial, partition: newPartition };
    const slot = arrayIn(host.world, call).members.find((one) => one.serial === oldSerial)?.slot;
    const device = deviceOf(host.world, newSerial, newPartition);
    const member = { device, serial: String(newSerial), errors: 0, badBlocks: [], events: 42 };
    const done = changed(host, call, (members) => [
      ...members,
      { ...member, ...(slot === undefined ? {} : { slot }), states: ["spare", "replacement"] },
    ]);
    return done.exitCode === 0 ? syncing(host, call) : done;
  },
  queueCheck: () => ok("check started"),
  locate: (host, { serial, on, slot }) => {
    if (host.light === "none") return ok("led none");
    const isHere = diskIn(host.world, serial) !== undefined;
    const isIts = (bay: World["bays"][number]) =>
      bay.serial === serial || (!isHere && bay.slot === slot && (bay.serial === undefined || !on));
    const bays = host.world.bays.map((bay) => (isIts(bay) ? { ...bay, locate: on === true } : bay));
    host.world = { ...host.world, bays };
    return ok(`led ${host.light}`);
  },
  blink: () => ok("blinked"),
  detachDisk: (host, { serial }) => {
    host.detached.set(String(serial), host.world);
    host.world = pullDisk(host.world, String(serial));
    return ok("detached scsi");
  },
  vetDisk: ({ failing }, { serial }) =>
    failing.has(String(serial))
      ? ok("row # 1  Short offline       Completed: read failure       90%     12000         204800")
      : ok("row # 1  Short offline       Completed without error       00%     12000         -"),
  wipeDisk: (host, { serial, knownSerials, allowSignatures }) => {
    if ((knownSerials as string[]).includes(String(serial))) return refuse("known-disk", `the disk ${serial} was here`);
    if (!diskIn(host.world, serial)) return refuse("no-disk", `there is no disk ${serial}`);
    if (!host.foreign.has(String(serial))) return ok("blank");
    if (!allowSignatures) return refuse("disk-not-blank", "1 things were found");
    host.foreign.delete(String(serial));
    return ok("found sdc ext4\nwiped");
  },
  partitionDisk: (host, { serial, from }) => {
    const like =
      (from as { serial?: string }).serial ?? host.world.disks.find((one) => one.partitions.length > 0)?.serial;
    host.world = layOut(host.world, String(serial), String(like));
    return ok("made");
  },
  installBoot: (host, { serial, fromSerial }) => {
    host.world = bootFrom(host.world, String(serial), String(fromSerial));
    return ok("installed");
  },
  makeEsp: () => ok("made"),
  moveEspMount: (host, { fromSerial, toSerial, mountPoint }) => {
    host.world = mapBlocks(host.world, (block) => {
      if (isEspOf(host.world, block, toSerial)) return { ...block, mountPoints: [String(mountPoint)] };
      return isEspOf(host.world, block, fromSerial) ? { ...block, mountPoints: [] } : block;
    });
    return ok("moved");
  },
  makeSwap: (host, { serial, partition, uuid, on }) => {
    const name = deviceOf(host.world, serial, partition);
    const area = { content: "swap", uuid: String(uuid), mountPoints: on ? ["[SWAP]"] : [] };
    host.world = mapBlocks(host.world, (block) => (block.name === name ? { ...block, ...area } : block));
    return ok("made");
  },
  swapOff: (host, { serial }) => {
    const names = diskIn(host.world, serial)?.partitions.map((one) => one.name) ?? [];
    host.world = mapBlocks(host.world, (block) =>
      names.includes(block.name) && block.mountPoints.includes("[SWAP]") ? { ...block, mountPoints: [] } : block,
    );
    return ok("off");
  },
  refreshBootConfig: () => ok("same"),
};

/** What was drained isn't carried any more, and can't be asked how it comes back. */
function carry(host: FakeHost, commands: unknown, how: "drain" | "undrain"): Done {
  for (const report of host.probes) {
    if (report.state !== "present") continue;
    for (const one of report.carried ?? []) if ((commands as string[]).includes(one[how] ?? "")) host.away.add(one);
  }
  for (const one of host.away) if ((commands as string[]).includes(one.undrain ?? "")) host.away.delete(one);
  return ok();
}

const diskIn = (world: World, serial: unknown): Disk | undefined => world.disks.find((one) => one.serial === serial);

function arrayIn(world: World, { arrayUuid }: Call): RaidArray {
  const found = world.arrays.find((one) => sameUuid(one.uuid, String(arrayUuid)));
  if (!found) throw new Error(`no array ${arrayUuid}`);
  return found;
}

function deviceOf(world: World, serial: unknown, partition: unknown): string {
  const disk = diskIn(world, serial);
  const found = partition === 0 ? disk : disk?.partitions.find((one) => one.number === partition);
  if (!found) throw new Error(`no partition ${partition} on ${serial}`);
  return found.name;
}

const isAt = (world: World, member: Member, { serial, partition }: Call): boolean =>
  member.serial === serial && member.device === deviceOf(world, serial, partition);

const withoutSlot = ({ slot: _slot, ...member }: Member): Member => member;

const mapBlocks = (world: World, change: (block: Block) => Block): World => ({
  ...world,
  blocks: world.blocks.map(change),
});

function isEspOf(world: World, block: Block, serial: unknown): boolean {
  return world.boot.find((one) => one.serial === serial)?.esp?.partition === block.name;
}

const counted = (array: RaidArray): RaidArray => {
  const whole = new Set(array.members.filter((one) => one.states.includes("in_sync")).map((one) => one.slot));
  whole.delete(undefined);
  return { ...array, degraded: array.raidDisks - whole.size };
};

function changed(host: FakeHost, call: Call, change: (members: readonly Member[]) => Member[]): Done {
  const wanted = arrayIn(host.world, call);
  host.world = {
    ...host.world,
    arrays: host.world.arrays.map((array) =>
      array === wanted ? counted({ ...array, members: change(array.members) }) : array,
    ),
  };
  return ok();
}

function joined(host: FakeHost, call: Call, states: readonly string[]): Done {
  const array = arrayIn(host.world, call);
  if (!diskIn(host.world, call.serial)) return refuse("no-disk", `there is no disk ${call.serial}`);
  if (array.members.some((one) => one.serial === call.serial && !one.states.includes("faulty"))) return ok("present");
  const slot = Array.from({ length: array.raidDisks }, (_, at) => at).find((at) =>
    array.members.every((one) => one.slot !== at || one.states.includes("faulty")),
  );
  const device = deviceOf(host.world, call.serial, call.partition);
  const member = { device, serial: String(call.serial), states, errors: 0, badBlocks: [], events: 42 };
  return changed(host, call, (members) => [
    ...members.filter((one) => one.serial !== call.serial),
    { ...member, ...(slot === undefined ? {} : { slot }) },
  ]);
}

function syncing(host: FakeHost, call: Call): Done {
  const wanted = arrayIn(host.world, call);
  const sync = { syncAction: "recover", syncCompleted: 0, syncKibPerSecond: 102_400 };
  host.world = {
    ...host.world,
    arrays: host.world.arrays.map((array) => (array === wanted ? { ...array, ...sync } : array)),
  };
  return ok("added");
}

/** Moves one array's rebuild on, as the kernel does for arrays that share disks. */
export function advanceSync(world: World, share: number): World {
  const running = world.arrays.find((array) => array.syncAction === "recover");
  if (!running || share === 0) return world;
  const completed = (running.syncCompleted ?? 0) + share;
  const { syncCompleted: _share, syncKibPerSecond: _speed, ...rest } = running;
  const after: RaidArray =
    completed < 1 ? { ...running, syncCompleted: completed } : finished({ ...rest, syncAction: "idle" });
  return { ...world, arrays: world.arrays.map((array) => (array === running ? after : array)) };
}

/** A replacement takes over, and whom it replaced is failed; a spare in a slot is in sync. */
function finished(array: RaidArray): RaidArray {
  const slot = array.members.find((one) => one.states.includes("replacement"))?.slot;
  return counted({
    ...array,
    members: array.members.map((one) => {
      if (slot !== undefined && one.slot === slot && !one.states.includes("replacement"))
        return { ...withoutSlot(one), states: ["faulty"] };
      return one.states.includes("spare") ? { ...one, states: ["in_sync"] } : one;
    }),
  });
}

/** A disk comes (back) in: a new one by its spec, an old one as it was `before`; arrays don't take it back by themselves. */
export function putInto(world: World, before: World | undefined, what: string | DiskSpec): World {
  if (typeof what !== "string") return insertDisk(world, what);
  const disk = before && diskIn(before, what);
  if (!before || !disk) throw new Error(`nobody knows how ${what} was`);
  const names = [disk.name, ...disk.partitions.map((one) => one.name)];
  const bay = before.bays.find((one) => one.serial === what);
  return {
    ...world,
    disks: [...world.disks, disk],
    blocks: [...world.blocks, ...before.blocks.filter((one) => names.includes(one.name))],
    smart: [...world.smart, ...before.smart.filter((one) => one.serial === what)],
    boot: [...world.boot, ...before.boot.filter((one) => one.serial === what)],
    bays: world.bays.map((one) => (bay && one.slot === bay.slot ? { ...one, serial: what } : one)),
  };
}

function layOut(world: World, serial: string, like: string): World {
  const [disk, model] = [diskIn(world, serial), diskIn(world, like)];
  if (!disk || !model) throw new Error(`no ${serial} or ${like}`);
  const partitions = model.partitions.map((one) => ({ ...one, name: partitionName(disk.name, one.number) }));
  const blocks = model.partitions.map((one): Block => {
    const copied = world.blocks.find((block) => block.name === one.name);
    const bare = { type: "part", sizeBytes: one.sizeBytes, mountPoints: [], parents: [disk.name] };
    const name = partitionName(disk.name, one.number);
    return { ...bare, name, partUuid: `new-${name}`, ...(copied?.partType ? { partType: copied.partType } : {}) };
  });
  return {
    ...world,
    disks: world.disks.map((one) => (one === disk ? { ...one, partitions } : one)),
    blocks: [...world.blocks, ...blocks],
  };
}

function bootFrom(world: World, serial: string, like: string): World {
  const [disk, model, copied] = [
    diskIn(world, serial),
    diskIn(world, like),
    world.boot.find((one) => one.serial === like),
  ];
  if (!disk || !model || !copied) throw new Error(`no ${serial} or ${like} to start from`);
  const moved = (name: string) => name.replace(model.name, disk.name);
  const { biosBoot, esp } = copied;
  const state = {
    ...copied,
    ...{ disk: disk.name, serial },
    ...(biosBoot ? { biosBoot: { ...biosBoot, partition: moved(biosBoot.partition) } } : {}),
    ...(esp ? { esp: { ...esp, partition: moved(esp.partition) } } : {}),
  };
  return { ...world, boot: [...world.boot.filter((one) => one.serial !== serial), state] };
}

function recordLines(world: World): string {
  const line = (key: string, text: string, name = "-") =>
    [key, Buffer.from(name).toString("base64"), Buffer.from(text).toString("base64")].join(" ");
  return [
    line("hostname", world.hostname),
    line("bootId", world.bootId),
    line("firmware", world.firmware),
    "complete",
  ].join("\n");
}
