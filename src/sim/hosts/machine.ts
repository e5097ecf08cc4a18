import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ProvisionError } from "../../errors.ts";
import { quoteArgv } from "../../transport/quote.ts";
import { Qmp } from "../rack/qmp.ts";
import { makeGroup, removeGroup } from "./cgroup.ts";
import { type ContainerOptions, leadOut, reboot } from "./container.ts";
import { openDoor } from "./door.ts";
import { fail } from "./errors.ts";
import { labNetwork, type TestHost } from "./host.ts";
import { startKeeper } from "./keeper.ts";
import { type EmptyDisk, type MachineImage, makeEmptyDisk, makeSystemDisk } from "./machine-disks.ts";
import { blockNode, diskDevice, diskNames, machineArguments, tapOf } from "./machine-qemu.ts";
import { must } from "./must.ts";
import { currentShell, type Entrance, logIn, settled } from "./session.ts";
import { createUndo, type Undo } from "./undo.ts";

export interface MachineOptions extends Omit<ContainerOptions, "lower"> {
  readonly image: MachineImage;
  /** Beside its system's; the guest has them by serial number, on a bus that takes more. */
  readonly disks?: readonly EmptyDisk[];
  readonly memoryMiB?: number;
  readonly cpus?: number;
  /** `tcg` runs everywhere; `kvm` needs /dev/kvm. */
  readonly accelerator?: "tcg" | "kvm";
}

/** A virtual machine, whose disks come and go as in a rack with hot-plug bays. */
export interface MachineHost extends TestHost {
  /** Pulls a disk without asking the guest; its content is gone. */
  pull(serial: string): Promise<void>;
  /** Plugs in a blank disk. */
  plug(disk: Omit<EmptyDisk, "wwn">): Promise<void>;
}

const usualMemoryMiB = 1024;
const usualCpus = 2;
/** Under emulation, on a machine that has more to do. */
const patience = { bootMs: 400_000, connectMs: 45_000, pauseMs: 1000 };

/** A virtual machine with a kernel, clock and disks of its own, on a lab's bridge. @throws `host-did-not-start` */
export async function startMachineHost(options: MachineOptions): Promise<MachineHost> {
  const undo = createUndo();
  try {
    return await build(options, undo);
  } catch (thrown) {
    await undo.run().catch(() => {});
    throw thrown;
  }
}

async function build(options: MachineOptions, undo: Undo): Promise<MachineHost> {
  const { name, index, folder, shell, key, clock, signal } = options;
  mkdirSync(folder, { recursive: true });
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const identity = { ...options, operatorKey: key.publicKey };
  const hostKey = await makeSystemDisk({ ...options, identity }, shell);
  for (const disk of options.disks ?? []) makeEmptyDisk(diskFile(folder, disk.serial), disk);
  await plugCard(options);
  await boot(options, undo);
  const door = await openDoor(leadOut(options));
  undo.push(() => door.close());
  const entrance: Entrance = { name, port: door.port, hostKey, privateKey: key.privateKey, clock, signal, patience };
  const state = { shell: await withConsole(options, () => logIn(entrance)) };
  undo.push(() => state.shell.close());
  await settled(state.shell, patience);
  return {
    name,
    address: labNetwork.hostAddress(index),
    shell: currentShell(name, () => state.shell),
    connect: () => logIn(entrance),
    reboot: async () => {
      await withQmp(options, async (qmp) => {
        // Who asks an sshd that is just going away waits for its answer till the deadline.
        state.shell = await withConsole(options, () => reboot(state.shell, entrance, qmp.closed));
      });
    },
    ...bays(options),
    stop: () => undo.run(),
  };
}

const diskFile = (folder: string, serial: string) => join(folder, `disk-${serial}.img`);
const controlOf = ({ socketFolder, name }: MachineOptions) => join(socketFolder, `${name}.qmp`);
const consoleOf = ({ socketFolder, name }: MachineOptions) => join(socketFolder, `${name}.console`);

async function plugCard({ lab, index, shell }: MachineOptions): Promise<void> {
  const lines = [
    `tuntap add dev ${tapOf(index)} mode tap`,
    `link set ${tapOf(index)} master br0`,
    `link set ${tapOf(index)} up`,
  ];
  const stdin = lines.join("\n");
  await must(shell, "its network card", { argv: ["ip", "-n", lab, "-batch", "-"] }, { stdin });
}

async function boot(options: MachineOptions, undo: Undo): Promise<void> {
  const { name, group, clock } = options;
  writeStart(options, options.disks ?? []);
  const own = join(group, name);
  makeGroup(own);
  undo.push(() => removeGroup(own, clock));
  // A guest that resets ends its QEMU with 0. It starts again with the disks that are plugged in then.
  const argv = ["sh", "-c", 'while sh "$0"; do :; done', startOf(options)];
  const child = startKeeper({ argv, group: own, log: consoleOf(options) });
  const early = await Promise.race([new Promise((resolve) => child.once("exit", resolve)), clock.sleep(startMs)]);
  if (early !== undefined) throw notStarted(options, "QEMU ended");
}

const startOf = ({ folder }: MachineOptions) => join(folder, "start");

function writeStart(options: MachineOptions, disks: readonly EmptyDisk[]): void {
  const { name, lab, index, folder, image } = options;
  const argv = machineArguments({
    ...{ name, index, kernel: image.kernel, accelerator: options.accelerator ?? "tcg" },
    ...{ initrd: join(folder, "initrd"), systemDisk: join(folder, "root.img"), control: controlOf(options) },
    ...{ memoryMiB: options.memoryMiB ?? usualMemoryMiB, cpus: options.cpus ?? usualCpus },
    disks: disks.map((disk) => ({ ...disk, file: diskFile(folder, disk.serial) })),
  });
  writeFileSync(startOf(options), `exec ${quoteArgv(["ip", "netns", "exec", lab, ...argv])}\n`);
}

/** A QEMU that can't run says so at once. */
const startMs = 1000;

const notStarted = (options: MachineOptions, reason: string) =>
  fail("host-did-not-start", {
    name: options.name,
    seconds: patience.bootMs / 1000,
    reason: `${reason}; its console ends with:\n  ${lastLines(options)}`,
  });

const lastLines = (options: MachineOptions) =>
  readFileSync(consoleOf(options), "utf8").trim().split(/\r?\n/).slice(-12).join("\n  ");

/** What a machine that doesn't come up said last is all that there is to go by. */
async function withConsole<Value>(options: MachineOptions, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ProvisionError) || thrown.code !== "host-did-not-start") throw thrown;
    throw notStarted(options, thrown.message);
  }
}

async function withQmp(options: MachineOptions, work: (qmp: Qmp) => Promise<unknown>): Promise<void> {
  const qmp = await Qmp.connect(controlOf(options));
  try {
    await work(qmp);
  } finally {
    qmp.close();
    await qmp.closed;
  }
}

const letGoMs = 30_000;
const pollMs = 100;

/** Hot-plug by QMP: `device_del` is a question to the guest, whose driver answers within a second or two. */
function bays(options: MachineOptions): Pick<MachineHost, "pull" | "plug"> {
  const { folder } = options;
  let plugged = options.disks ?? [];
  const now = (disks: readonly EmptyDisk[]) => {
    plugged = disks;
    writeStart(options, disks);
  };
  return {
    pull: (serial) =>
      withQmp(options, async (qmp) => {
        const { node, device } = diskNames(serial);
        await qmp.execute("device_del", { id: device });
        await release(qmp, node, options);
        now(plugged.filter((disk) => disk.serial !== serial));
        rmSync(diskFile(folder, serial), { force: true });
      }),
    plug: (disk) =>
      withQmp(options, async (qmp) => {
        const file = diskFile(folder, disk.serial);
        makeEmptyDisk(file, disk);
        now([...plugged, disk]);
        await qmp.execute("blockdev-add", blockNode(file, diskNames(disk.serial).node));
        await qmp.execute("device_add", diskDevice(disk.serial));
      }),
  };
}

/** QEMU refuses as long as the guest has the device. */
async function release(qmp: Qmp, node: string, { clock }: MachineOptions): Promise<void> {
  const until = clock.monotonicMs() + letGoMs;
  for (;;) {
    const refused = await qmp.execute("blockdev-del", { "node-name": node }).then(
      () => undefined,
      (error: Error) => error,
    );
    if (!refused) return;
    if (clock.monotonicMs() > until) throw refused;
    await clock.sleep(pollMs);
  }
}
