import { rmSync } from "node:fs";
import { join } from "node:path";
import { Qmp } from "../rack/qmp.ts";
import type { MachineOptions } from "./machine.ts";
import { type Fault, type MachineDisk, makeDisk } from "./machine-disks.ts";
import { blockNode, diskDevice, diskNames, faultNode } from "./machine-qemu.ts";

/** What somebody at the machine does with its disks, while it runs or while it is off. */
export interface Bays {
  /** Takes a disk out without asking the guest. Its content is gone, unless it is kept for {@link Bays.plugBack}. */
  pull(serial: string, options?: { readonly keep: boolean }): Promise<void>;
  plug(disk: Omit<MachineDisk, "wwn">): Promise<void>;
  /** The same disk again, as it was when it was pulled. */
  plugBack(serial: string): Promise<void>;
  /** From now on the disk answers with an error there; the guest only learns of it when it asks. */
  fail(serial: string, fault: Fault): Promise<void>;
  /** In the order in which the next start finds them. */
  plugged(): readonly string[];
}

export interface BaysState {
  plugged: readonly MachineDisk[];
  shelf: readonly MachineDisk[];
}

export interface BaysOptions {
  readonly options: MachineOptions;
  readonly state: BaysState;
  isOn(): boolean;
  /** Called after each change: the next start is with these. */
  changed(): void;
}

export const diskFile = (folder: string, serial: string) => join(folder, `disk-${serial}.img`);
export const controlOf = ({ socketFolder, name }: MachineOptions) => join(socketFolder, `${name}.qmp`);

export async function withQmp(options: MachineOptions, work: (qmp: Qmp) => Promise<unknown>): Promise<void> {
  const qmp = await Qmp.connect(controlOf(options));
  try {
    await work(qmp);
  } finally {
    qmp.close();
    await qmp.closed;
  }
}

export function createBays(bays: BaysOptions): Bays {
  const { options, state } = bays;
  return {
    pull: (serial, { keep } = { keep: false }) => pull(bays, serial, keep),
    plug: async (disk) => {
      await makeDisk(diskFile(options.folder, disk.serial), disk, options.shell);
      await insert(bays, disk);
    },
    plugBack: async (serial) => {
      const disk = known(state.shelf, serial);
      state.shelf = without(state.shelf, serial);
      await insert(bays, disk);
    },
    fail: (serial, fault) => breakDisk(bays, serial, fault),
    plugged: () => state.plugged.map(({ serial }) => serial),
  };
}

function known(disks: readonly MachineDisk[], serial: string): MachineDisk {
  const found = disks.find((disk) => disk.serial === serial);
  if (!found) throw new Error(`disk ${serial} is not among: ${disks.map((disk) => disk.serial).join(", ")}`);
  return found;
}

const without = (disks: readonly MachineDisk[], serial: string) => disks.filter((disk) => disk.serial !== serial);

async function pull(bays: BaysOptions, serial: string, keep: boolean): Promise<void> {
  const { options, state } = bays;
  const disk = known(state.plugged, serial);
  const { node, device, faultNode: bad } = diskNames(serial);
  const nodes = [...(disk.faults ?? []).map((_, index) => bad(index + 1)).reverse(), node];
  if (bays.isOn())
    await withQmp(options, async (qmp) => {
      // A guest that let go of an NVMe disk has taken it off its bus already.
      await qmp.execute("device_del", { id: device }).catch((error: Error) => onlyIf(error, /not found/));
      for (const one of nodes) await release(qmp, one, options);
    });
  state.plugged = without(state.plugged, serial);
  bays.changed();
  if (keep) state.shelf = [...state.shelf, disk];
  else rmSync(diskFile(options.folder, serial), { force: true });
}

function onlyIf(error: Error, expected: RegExp): void {
  if (!expected.test(error.message)) throw error;
}

async function insert(bays: BaysOptions, disk: MachineDisk): Promise<void> {
  const { options, state } = bays;
  const { serial, faults = [] } = disk;
  state.plugged = [...state.plugged, disk];
  bays.changed();
  if (!bays.isOn()) return;
  await withQmp(options, async (qmp) => {
    await qmp.execute("blockdev-add", blockNode(diskFile(options.folder, serial), diskNames(serial).node));
    if (faults.length > 0) await qmp.execute("blockdev-add", faultNode(serial, faults));
    await qmp.execute("device_add", diskDevice(disk));
  });
}

/** QEMU 6.1 on: the device's drive may be changed while the guest has it. */
async function breakDisk(bays: BaysOptions, serial: string, fault: Fault): Promise<void> {
  const { options, state } = bays;
  const before = known(state.plugged, serial);
  const faults = [...(before.faults ?? []), fault];
  state.plugged = state.plugged.map((disk) => (disk === before ? { ...disk, faults } : disk));
  bays.changed();
  if (!bays.isOn()) return;
  await withQmp(options, async (qmp) => {
    const node = faultNode(serial, faults);
    await qmp.execute("blockdev-add", node);
    const path = `/machine/peripheral/${diskNames(serial).device}`;
    await qmp.execute("qom-set", { path, property: "drive", value: node["node-name"] });
  });
}

const letGoMs = 30_000;
const pollMs = 100;

/** `device_del` is a question to the guest, whose driver answers within a second or two; till then QEMU refuses. */
async function release(qmp: Qmp, node: string, { clock }: MachineOptions): Promise<void> {
  const until = clock.monotonicMs() + letGoMs;
  for (;;) {
    const refused = await qmp.execute("blockdev-del", { "node-name": node }).then(
      () => undefined,
      (error: Error) => error,
    );
    // Of several faults, those before the last have no node any more after a restart.
    if (!refused || /Failed to find node/.test(refused.message)) return;
    if (clock.monotonicMs() > until) throw refused;
    await clock.sleep(pollMs);
  }
}
