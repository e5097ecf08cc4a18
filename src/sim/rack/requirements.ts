import { accessSync, constants } from "node:fs";
import { fail } from "./errors.ts";
import type { RackPlan } from "./plan.ts";
import { qemuProgram, uefiFirmware } from "./qemu.ts";

interface Need {
  /** A program on the PATH, or a file with its whole path. */
  readonly thing: string;
  readonly package: string;
  readonly firmware?: "bios" | "uefi";
}

const needs: readonly Need[] = [
  { thing: "ip", package: "iproute2" },
  { thing: "radvd", package: "radvd" },
  { thing: qemuProgram, package: "qemu-system-x86" },
  { thing: "/usr/share/seabios/bios-256k.bin", package: "seabios", firmware: "bios" },
  { thing: "/usr/lib/ipxe/qemu/efi-virtio.rom", package: "ipxe-qemu", firmware: "bios" },
  { thing: uefiFirmware, package: "ovmf", firmware: "uefi" },
];

/** root's own folders too: they are not on everybody's PATH. */
const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** @throws `rack-not-root` */
export function checkRoot(): void {
  if (process.getuid?.() !== 0) throw fail("rack-not-root", {});
}

/** @throws `rack-not-root`, or `rack-package-missing` with the Debian packages to install */
export function checkRequirements(plan: RackPlan, isThere = isInstalled): void {
  checkRoot();
  const wanted = needs.filter(
    ({ firmware }) => !firmware || plan.machines.some((machine) => machine.firmware === firmware),
  );
  const missing = wanted.filter(({ thing }) => !isThere(thing));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((need) => need.package))];
  throw fail("rack-package-missing", { packages, missing: missing.map((need) => need.thing) });
}

function isInstalled(thing: string): boolean {
  if (thing.startsWith("/")) return isAccessible(thing, constants.R_OK);
  const folders = [...(process.env.PATH ?? "").split(":"), ...systemFolders];
  return folders.some((folder) => isAccessible(`${folder}/${thing}`, constants.X_OK));
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
