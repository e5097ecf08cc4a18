import { type Act, act, call } from "./act.ts";
import { biosShell } from "./bios-shell.ts";
import { bootShell } from "./boot-shell.ts";
import { uefiShell } from "./uefi-shell.ts";

export interface BootInstall {
  readonly serial: string;
  readonly firmware: "bios" | "uefi";
  /** Number of the BIOS-boot partition; 0 or absent: boot code in the gap behind an MBR. */
  readonly biosBoot?: number;
  /** Numbers of the EFI system partitions: this disk's and the survivor's, unless that has the same number. */
  readonly esp?: number;
  readonly fromEsp?: number;
  /** A disk that starts the machine. Absent: this is the only one. */
  readonly fromSerial?: string;
}

/**
 * Makes the machine start from this disk alone. BIOS: GRUB, written to the disk that has the serial number at this
 * moment (`installed NAME` or `same NAME`; `no-bios-boot` where a GPT has no place for it), and Debian's list of disks for
 * its next update. UEFI: all of the survivor's EFI system partition, a loader where firmware without entries looks, and an
 * entry (`entry NUMBER`); entries whose partition is gone are dropped (`dropped NUMBER`).
 * @throws RangeError for UEFI without `esp` and `fromSerial`
 */
export function installBoot(options: BootInstall): Act {
  return act({
    name: "installing the boot loader",
    limitMs: 300_000,
    shell: [bootShell, options.firmware === "bios" ? biosShell : uefiShell],
    body: options.firmware === "bios" ? bios(options) : uefi(options),
  });
}

const bios = ({ serial, biosBoot = 0, fromSerial = "" }: BootInstall) =>
  [proxmox, call("i_install", serial, biosBoot, fromSerial), "i_debconf"].join("\n");

function uefi({ serial, esp, fromSerial, fromEsp = esp }: BootInstall): string {
  if (esp === undefined || fromEsp === undefined || fromSerial === undefined)
    throw new RangeError("UEFI's boot loader is copied: it needs the survivor and the partitions' numbers");
  return [proxmox, call("d_place", fromSerial, fromEsp), "e_from=$d_dev", call("d_place", serial, esp), ...rest].join(
    "\n",
  );
}

const rest = ["e_to=$d_dev e_disk=$d_disk", "e_files", "e_entry"];

const proxmox = `[ ! -s /etc/kernel/proxmox-boot-uuids ] ||
  refuse proxmox-boot "proxmox-boot-tool keeps this host's boot loaders: run its format, init and clean"`;
