import { qemuProgram, uefiFirmware } from "../rack/qemu.ts";
import { type Fault, type MachineDisk, macOf } from "./machine-disks.ts";

export interface Emulated {
  readonly name: string;
  readonly index: number;
  readonly kernel: string;
  readonly initrd: string;
  readonly systemDisk: string;
  readonly disks: readonly (MachineDisk & { readonly file: string })[];
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly accelerator: "tcg" | "kvm";
  /** A UEFI's variables; none: a BIOS. */
  readonly variables?: string;
  /** Unix socket of QEMU's control protocol. */
  readonly control: string;
}

export const tapOf = (index: number) => `tap${index}`;

/** Names of a disk in QEMU: of its file, of what answers with errors in front of it, and of the device that the guest has. */
export const diskNames = (serial: string) => ({
  node: `file-${serial}`,
  faultNode: (count: number) => `bad${count}-${serial}`,
  device: `disk-${serial}`,
});

/** On the command line and in QMP alike (QAPI BlockdevOptions). What a guest wrote outlives its QEMU, but not this machine. */
export const blockNode = (file: string, node: string) => ({
  driver: "raw",
  "node-name": node,
  discard: "unmap",
  cache: { direct: false, "no-flush": true },
  file: { driver: "file", filename: file },
});

const inputOutputError = 5;

/** QAPI BlockdevOptionsBlkdebug: passes everything on but the faults. Its name holds how many they are. */
export const faultNode = (serial: string, faults: readonly Fault[]) => ({
  driver: "blkdebug",
  "node-name": diskNames(serial).faultNode(faults.length),
  image: diskNames(serial).node,
  "inject-error": faults.map((fault) => ({ event: "none", errno: inputOutputError, once: false, ...fault })),
});

/** As QMP takes it. A WWN is beyond the whole numbers of JavaScript, and so of our JSON. */
export const diskDevice = ({ serial, bus, faults = [] }: MachineDisk) => {
  const { node, device: id, faultNode } = diskNames(serial);
  const drive = faults.length > 0 ? faultNode(faults.length) : node;
  return bus === "nvme"
    ? { driver: "nvme", id, drive, serial }
    : { driver: "scsi-hd", id, drive, bus: "scsi0.0", serial };
};

function deviceOption(disk: MachineDisk): string {
  const { driver, ...properties } = diskDevice(disk);
  const named = { ...properties, ...(disk.wwn === undefined ? {} : { wwn: `0x${disk.wwn}` }) };
  return [driver, ...Object.entries(named).map(([key, value]) => `${key}=${value}`)].join(",");
}

/**
 * QEMU's argument vector: the kernel directly, its own disk as /dev/vda, so that the names of the others are free; their
 * bus takes more while it runs. No boot loader; of the firmware, only a UEFI's variables matter to who looks at them.
 */
export function machineArguments(machine: Emulated): string[] {
  const { accelerator, name, cpus, memoryMiB, index, control } = machine;
  return [
    ...[qemuProgram, "-name", name, "-machine", "pc", "-nodefaults", "-no-user-config", "-display", "none"],
    ...["-accel", accelerator === "kvm" ? "kvm" : "tcg,thread=multi", "-cpu", accelerator === "kvm" ? "host" : "max"],
    ...["-smp", String(cpus), "-m", String(memoryMiB), "-monitor", "none", "-serial", "stdio"],
    // A reset within one process leaves TCG three times as slow: a new one takes over.
    ...["-action", "reboot=shutdown"],
    ...["-qmp", `unix:${control},server=on,wait=off`, "-device", "virtio-rng-pci"],
    ...(machine.variables === undefined ? [] : uefiArguments(machine.variables)),
    ...["-kernel", machine.kernel, "-initrd", machine.initrd, "-append", kernelArguments],
    ...["-netdev", `tap,id=net0,ifname=${tapOf(index)},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,netdev=net0,mac=${macOf(index)},romfile=`],
    ...["-blockdev", JSON.stringify(blockNode(machine.systemDisk, "system"))],
    ...["-device", "virtio-blk-pci,drive=system,serial=SYSTEM", "-device", "virtio-scsi-pci,id=scsi0"],
    ...machine.disks.flatMap(diskArguments),
  ];
}

export const uefiArguments = (variables: string) => [
  ...["-drive", `if=pflash,unit=0,format=raw,readonly=on,file=${uefiFirmware}`],
  ...["-drive", `if=pflash,unit=1,format=raw,file=${variables.replaceAll(",", ",,")}`],
];

function diskArguments(disk: MachineDisk & { readonly file: string }): string[] {
  const { serial, faults = [] } = disk;
  return [
    ...["-blockdev", JSON.stringify(blockNode(disk.file, diskNames(serial).node))],
    ...(faults.length > 0 ? ["-blockdev", JSON.stringify(faultNode(serial, faults))] : []),
    ...["-device", deviceOption(disk)],
  ];
}

/** The root is named by its device: other disks may carry the image's label. */
const kernelArguments = "root=/dev/vda rw console=ttyS0,115200 quiet mitigations=off panic=-1";
