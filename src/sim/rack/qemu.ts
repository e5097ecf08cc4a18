import type { BootOverride } from "../chassis.ts";
import type { Bays } from "./bays.ts";
import type { MachineFiles } from "./files.ts";
import type { RackMachine, RackPlan } from "./plan.ts";

export const qemuProgram = "qemu-system-x86_64";
export const uefiFirmware = "/usr/share/OVMF/OVMF_CODE_4M.fd";
export const uefiVariables = "/usr/share/OVMF/OVMF_VARS_4M.fd";

export interface Emulation {
  readonly machine: RackMachine;
  readonly files: MachineFiles;
  readonly bays: Bays;
  readonly tap: string;
  readonly boot: BootOverride;
  readonly accelerator: RackPlan["accelerator"];
}

/**
 * QEMU's argument vector (qemu-system(1)). It starts stopped (`-S`), so that no event is missed before the rack listens,
 * and ends when the guest resets (`-action reboot=shutdown`): only a new process can have another boot order.
 */
export function qemuArguments(emulation: Emulation): string[] {
  const { machine, files, accelerator } = emulation;
  return [
    ...["-name", machine.name, "-uuid", machine.uuid],
    ...["-machine", machine.firmware === "uefi" ? "q35" : "pc", "-nodefaults", "-no-user-config"],
    ...["-accel", accelerator === "kvm" ? "kvm" : "tcg,thread=multi", "-cpu", accelerator === "kvm" ? "host" : "max"],
    ...["-smp", String(machine.cpus), "-m", String(machine.memoryMiB)],
    // Not `-display none`: SeaBIOS, iPXE and GRUB write to the serial port only with -nographic.
    ...["-nographic", "-monitor", "none", "-S", "-action", "reboot=shutdown"],
    ...["-qmp", `unix:${doubled(files.control)},server=on,wait=off`],
    ...["-chardev", `${consoleSocket(files)},server=on,wait=off`, "-serial", "chardev:console"],
    ...["-device", "virtio-rng-pci"],
    ...firmware(emulation),
    ...network(emulation),
    ...disks(emulation),
  ];
}

/** A comma ends an option's value; twice it stands for itself. */
const doubled = (path: string) => path.replaceAll(",", ",,");

const consoleSocket = (files: MachineFiles) =>
  `socket,id=console,path=${doubled(files.console)},logfile=${doubled(files.serialLog)},logappend=on`;

/**
 * SeaBIOS tries what `order` names first and then everything else: a blank disk falls through to the network, a silent
 * network to the disks. OVMF follows `bootindex` (below); its PXE over IPv6 is off, as it costs a minute before the next.
 */
function firmware({ machine, files, boot }: Emulation): string[] {
  if (machine.firmware === "bios") return ["-boot", biosOrder(boot)];
  const flash = (unit: number, file: string, more: string) => [
    "-drive",
    `if=pflash,unit=${unit},format=raw,file=${doubled(file)}${more}`,
  ];
  return [
    ...flash(0, uefiFirmware, ",readonly=on"),
    ...flash(1, files.firmwareVariables, ""),
    ...["-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"],
  ];
}

function biosOrder(boot: BootOverride): string {
  switch (boot.device) {
    case "pxe":
      return "order=nc";
    case "cdrom":
      return "order=dc";
    case "bios":
      return "order=c,menu=on";
    case "disk":
    case "none":
      return "order=c";
    default:
      return boot.device satisfies never;
  }
}

/** `romfile=` keeps iPXE out of a UEFI machine: OVMF's own PXE asks, as a server's would. A BIOS has nothing else. */
function network({ machine, tap, boot, bays }: Emulation): string[] {
  const card = `virtio-net-pci,netdev=net0,mac=${machine.mac}`;
  const index = boot.device === "pxe" ? 0 : bays.length;
  const device = machine.firmware === "uefi" ? `${card},romfile=,bootindex=${index}` : card;
  return ["-netdev", `tap,id=net0,ifname=${tap},script=no,downscript=no`, "-device", device];
}

/** A bay's names in QEMU: of the file in it, and of the device that the guest has. */
export const bayNames = (bay: number) => ({ node: `file${bay}`, device: `disk${bay}` });

/** `no-flush`: no host fsync. What a guest wrote outlives the end of its QEMU, but not the host's. QAPI BlockdevOptions. */
export const diskFile = (bay: number, file: string) => ({
  driver: "raw",
  "node-name": bayNames(bay).node,
  cache: { direct: false, "no-flush": true },
  file: { driver: "file", filename: file },
});

export const diskDevice = (bay: number, serial: string) => {
  const { node, device } = bayNames(bay);
  return { driver: "scsi-hd", id: device, drive: node, bus: "scsi0.0", serial };
};

function disks({ machine, bays, boot }: Emulation): string[] {
  const first = boot.device === "pxe" ? 1 : 0;
  const each = bays.flatMap((disk, bay) => {
    if (!disk) return [];
    const order = machine.firmware === "uefi" ? { bootindex: first + bay } : {};
    const { driver, ...properties } = { ...diskDevice(bay, disk.serial), ...order };
    const words = Object.entries(properties).map(([key, value]) => `${key}=${doubled(String(value))}`);
    return ["-blockdev", JSON.stringify(diskFile(bay, disk.file)), "-device", [driver, ...words].join(",")];
  });
  return ["-device", "virtio-scsi-pci,id=scsi0", ...each];
}
