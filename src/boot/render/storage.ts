import type { DiskView, MachineView } from "./machine.ts";

/** One action of curtin's storage configuration, version 1. */
export type StorageAction = Readonly<Record<string, unknown>>;

const MiB = 1024 * 1024;
const espBytes = 512 * MiB;
const bootBytes = 1024 * MiB;

/**
 * Ubuntu's installer matches udev's ID_SERIAL, which is MODEL_SERIAL or SERIAL, with a namespace number on NVMe. The
 * glob is checked to fit one disk only by an early command. Characters that a glob knows are put into brackets.
 */
export const serialGlob = ({ serial }: DiskView): string => `*${serial.replaceAll(/[[\]*?]/g, "[$&]")}*`;

/** What boots from the disk: an ESP for UEFI, a small partition for GRUB's core for BIOS. Both on every disk. */
function bootPartitions({ firmware }: MachineView, index: number): StorageAction[] {
  const device = `disk${index}`;
  if (firmware === "bios") {
    return [
      { id: `grub${index}`, type: "partition", device, number: 1, size: MiB, flag: "bios_grub", wipe: "superblock" },
    ];
  }
  return [
    {
      id: `esp${index}`,
      type: "partition",
      device,
      number: 1,
      size: espBytes,
      flag: "boot",
      wipe: "superblock",
      grub_device: true,
    },
    { id: `esp${index}-format`, type: "format", volume: `esp${index}`, fstype: "fat32" },
  ];
}

function diskActions(machine: MachineView, disk: DiskView, index: number): StorageAction[] {
  const device = `disk${index}`;
  const match = { serial: serialGlob(disk) };
  const grub = machine.firmware === "bios" ? { grub_device: true } : {};
  return [
    { id: device, type: "disk", match, ptable: "gpt", wipe: "superblock-recursive", preserve: false, ...grub },
    ...bootPartitions(machine, index),
    { id: `boot${index}`, type: "partition", device, number: 2, size: bootBytes, wipe: "superblock" },
    { id: `root${index}`, type: "partition", device, number: 3, size: -1, wipe: "superblock" },
  ];
}

function arrays({ raid, disks }: MachineView): StorageAction[] {
  if (!raid) return [];
  const array = (name: string, index: number) => ({
    id: `md-${name}`,
    type: "raid",
    name: `md${index}`,
    raidlevel: "raid1",
    metadata: "1.2",
    devices: disks.map((_, disk) => `${name}${disk}`),
    preserve: false,
  });
  return [array("boot", 0), array("root", 1)];
}

/** The whole storage of an Ubuntu machine: GPT, /boot and / each mirrored or not, / perhaps on LVM. */
export function storageActions(machine: MachineView): readonly StorageAction[] {
  const volume = (name: string) => (machine.raid ? `md-${name}` : `${name}0`);
  const lvm: StorageAction[] = [
    { id: "system", type: "lvm_volgroup", name: "system", devices: [volume("root")], preserve: false },
    {
      id: "system-root",
      type: "lvm_partition",
      volgroup: "system",
      name: "root",
      size: -1,
      wipe: "superblock",
      preserve: false,
    },
  ];
  return [
    ...machine.disks.flatMap((disk, index) => diskActions(machine, disk, index)),
    ...arrays(machine),
    ...(machine.lvm ? lvm : []),
    { id: "boot-format", type: "format", volume: volume("boot"), fstype: "ext4" },
    { id: "root-format", type: "format", volume: machine.lvm ? "system-root" : volume("root"), fstype: "ext4" },
    { id: "root-mount", type: "mount", device: "root-format", path: "/" },
    { id: "boot-mount", type: "mount", device: "boot-format", path: "/boot" },
    ...(machine.firmware === "uefi"
      ? [{ id: "esp-mount", type: "mount", device: "esp0-format", path: "/boot/efi" }]
      : []),
  ];
}
