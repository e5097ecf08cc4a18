import { mkdirSync, rmSync } from "node:fs";
import { ProvisionError } from "../../errors.ts";
import type { Shell } from "../../transport/shell.ts";
import { uefiVariables } from "../rack/qemu.ts";
import { type ContainerOptions, leadOut, reboot } from "./container.ts";
import { openDoor } from "./door.ts";
import { fail } from "./errors.ts";
import { labNetwork, type TestHost } from "./host.ts";
import { type AloneOptions, startAlone } from "./machine-alone.ts";
import { type Bays, type BaysState, createBays, diskFile, withQmp } from "./machine-bays.ts";
import { copySparse, type MachineDisk, type MachineImage, makeDisk, makeSystemDisk } from "./machine-disks.ts";
import { consoleOf, createPower, lastLines, type Power, variablesOf } from "./machine-power.ts";
import { tapOf } from "./machine-qemu.ts";
import { must } from "./must.ts";
import { currentShell, type Entrance, logIn, settled } from "./session.ts";
import { createUndo, type Undo } from "./undo.ts";

export interface MachineOptions extends Omit<ContainerOptions, "lower"> {
  readonly image: MachineImage;
  /** Beside its system's; the guest has them by serial number, on a bus that takes more. */
  readonly disks?: readonly MachineDisk[];
  /** A BIOS, unless given. A UEFI starts the same kernel, and keeps its variables over restarts. */
  readonly firmware?: "bios" | "uefi";
  readonly memoryMiB?: number;
  readonly cpus?: number;
  /** `tcg` runs everywhere; `kvm` needs /dev/kvm. */
  readonly accelerator?: "tcg" | "kvm";
}

/** A virtual machine, whose disks come and go as in a rack with hot-plug bays, and which can lose its power. */
export interface MachineHost extends TestHost, Bays {
  powerState(): "on" | "off";
  /** At once, as when the cable is pulled: what the guest hadn't written is lost. */
  powerOff(): Promise<void>;
  /**
   * With the disks that are plugged in now, in this order if it is given: who isn't named comes last. Doesn't wait for the
   * guest; {@link MachineHost.up} does.
   */
  powerOn(order?: readonly string[]): Promise<void>;
  /** Resolves when it has started; from then on `shell` works again. */
  up(): Promise<void>;
  /** Off, on and up again. */
  cutPower(order?: readonly string[]): Promise<void>;
  /** The machine stands still meanwhile. @see startAlone */
  startFromDisk(disk: { readonly serial: string } | { readonly file: string }, how: AloneOptions): Promise<string>;
}

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
  const disks: BaysState = { plugged: options.disks ?? [], shelf: [] };
  for (const disk of disks.plugged) await makeDisk(diskFile(folder, disk.serial), disk, shell);
  if (options.firmware === "uefi")
    await must(shell, "its firmware", { argv: copySparse(uefiVariables, variablesOf(options)) });
  await plugCard(options);
  const power = createPower(options, disks);
  undo.push(() => power.off());
  await power.on().catch((thrown: Error) => Promise.reject(notStarted(options, thrown.message)));
  const door = await openDoor(leadOut(options));
  undo.push(() => door.close());
  const entrance: Entrance = { name, port: door.port, hostKey, privateKey: key.privateKey, clock, signal, patience };
  const state: Session = { shell: await withConsole(options, () => logIn(entrance)) };
  undo.push(() => state.shell.close());
  await settled(state.shell, patience);
  return {
    name,
    address: labNetwork.hostAddress(index),
    shell: currentShell(name, () => state.shell),
    connect: () => logIn(entrance),
    ...createBays({ options, state: disks, isOn: () => power.state() === "on", changed: power.changed }),
    ...restarts({ options, disks, power, entrance, state }),
    startFromDisk: (disk, how) => standingStill(options, power, () => startAlone(options, fileOf(options, disk), how)),
    stop: () => undo.run(),
  };
}

interface Session {
  shell: Shell;
}

interface Running {
  readonly options: MachineOptions;
  readonly disks: BaysState;
  readonly power: Power;
  readonly entrance: Entrance;
  readonly state: Session;
}

type Restarts = Pick<MachineHost, "reboot" | "powerState" | "powerOff" | "powerOn" | "up" | "cutPower">;

function restarts({ options, disks, power, entrance, state }: Running): Restarts {
  const up = async () => {
    await state.shell.close().catch(() => {});
    state.shell = await withConsole(options, () => logIn(entrance));
    await settled(state.shell, patience);
  };
  const powerOn = async (order: readonly string[] = []) => {
    disks.plugged = inOrder(disks.plugged, order);
    await power.on();
  };
  return {
    reboot: () =>
      withQmp(options, async (qmp) => {
        // Who asks an sshd that is just going away waits for its answer till the deadline.
        state.shell = await withConsole(options, () => reboot(state.shell, entrance, qmp.closed));
      }),
    ...{ powerState: power.state, powerOff: power.off, powerOn, up },
    cutPower: async (order) => {
      await power.off();
      await powerOn(order);
      await up();
    },
  };
}

const inOrder = (disks: readonly MachineDisk[], order: readonly string[]) => [
  ...order.flatMap((serial) => disks.filter((disk) => disk.serial === serial)),
  ...disks.filter(({ serial }) => !order.includes(serial)),
];

const fileOf = ({ folder }: MachineOptions, disk: { readonly serial: string } | { readonly file: string }) =>
  "file" in disk ? disk.file : diskFile(folder, disk.serial);

/** One emulated machine at a time; and a disk that nobody writes to. */
async function standingStill(options: MachineOptions, power: Power, work: () => Promise<string>): Promise<string> {
  if (power.state() === "off") return work();
  await withQmp(options, (qmp) => qmp.execute("stop"));
  try {
    return await work();
  } finally {
    await withQmp(options, (qmp) => qmp.execute("cont"));
  }
}

async function plugCard({ lab, index, shell }: MachineOptions): Promise<void> {
  const lines = [
    `tuntap add dev ${tapOf(index)} mode tap`,
    `link set ${tapOf(index)} master br0`,
    `link set ${tapOf(index)} up`,
  ];
  const stdin = lines.join("\n");
  await must(shell, "its network card", { argv: ["ip", "-n", lab, "-batch", "-"] }, { stdin });
}

const notStarted = (options: MachineOptions, reason: string) =>
  fail("host-did-not-start", {
    name: options.name,
    seconds: patience.bootMs / 1000,
    reason: `${reason}; its console ends with:\n  ${lastLines(consoleOf(options))}`,
  });

/** What a machine that doesn't come up said last is all that there is to go by. */
async function withConsole<Value>(options: MachineOptions, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ProvisionError) || thrown.code !== "host-did-not-start") throw thrown;
    throw notStarted(options, thrown.message);
  }
}
