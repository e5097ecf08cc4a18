import type { Block, BootState, Disk, RaidArray } from "../disks.ts";
import { arraysOn, isInSync, isOn } from "./members.ts";
import type { World } from "./world.ts";

export type Starts =
  | { readonly kind: "not-meant" }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "yes" }
  /** `copy`: its part of /boot's array isn't in sync, which the array's own state tells; `loader`: nothing else tells. */
  | { readonly kind: "no"; readonly lacks: "copy" | "loader"; readonly why: string };

/**
 * Would this disk start the machine if it were the only one? BIOS: boot code, a BIOS-boot partition that isn't empty, and an
 * in-sync member of what /boot is on (F5: else it hangs without a word). UEFI: an ESP with a loader on it, and a boot entry that
 * leads to it or the fallback EFI/BOOT/BOOT*.EFI (UEFI 2.10 §3.5.1.1). Meant to are the disks of /boot's array; where /boot is on
 * none, those with anything to boot from.
 */
export function starts(world: World, disk: Disk): Starts {
  const state = bootStateOf(world, disk);
  const bootArray = arrayUnder(world, "/boot") ?? arrayUnder(world, "/");
  const meant = bootArray
    ? arraysOn(world, disk).includes(bootArray)
    : state?.biosBoot || state?.esp || state?.bootCode;
  if (!meant) return { kind: "not-meant" };
  if (!state) return { kind: "unknown", why: "its boot loader wasn't read" };
  const synced = bootArray?.members.some((one) => isOn(one, disk) && isInSync(one)) ?? true;
  if (!synced)
    return {
      kind: "no",
      lacks: "copy",
      why: `its copy of ${bootArray?.name}, which it is started from, isn't in sync`,
    };
  const why = world.firmware === "uefi" ? whyNotUefi(state) : whyNotBios(world, disk, state);
  return why === undefined ? { kind: "yes" } : { kind: "no", lacks: "loader", why };
}

export const bootStateOf = (world: World, disk: Disk): BootState | undefined =>
  world.boot.find((state) => (disk.serial === undefined ? state.disk === disk.name : state.serial === disk.serial)) ??
  world.boot.find((state) => state.serial === undefined && state.disk === disk.name);

function whyNotBios(world: World, disk: Disk, state: BootState): string | undefined {
  if (!state.bootCode) return "no GRUB in its first sector";
  if (state.biosBoot?.empty) return `its BIOS-boot partition ${state.biosBoot.partition} is empty`;
  if (!state.biosBoot && labelOf(world, disk) === "gpt")
    return "a GPT without a BIOS-boot partition: GRUB can't be embedded";
  return undefined;
}

function whyNotUefi(state: BootState): string | undefined {
  if (!state.esp) return "it has no EFI system partition";
  const files = Object.keys(state.esp.files).filter((path) => path.endsWith(".efi"));
  if (files.length === 0) return `no loader on its EFI system partition ${state.esp.partition}`;
  const fallback = files.some((path) => /(^|\/)efi\/boot\/boot\w+\.efi$/.test(path));
  return fallback || state.entries.length > 0
    ? undefined
    : "no boot entry leads to it, and it has no EFI/BOOT/BOOT*.EFI";
}

/** `dos` or `gpt`, by the form of its partitions' UUIDs: an MBR's are `12345678-01` (lsblk(8), PARTUUID). */
export function labelOf(world: Pick<World, "blocks">, disk: Disk): "gpt" | "dos" | undefined {
  const names = new Set(disk.partitions.map((partition) => partition.name));
  const uuids = world.blocks.flatMap((block) => (names.has(block.name) && block.partUuid ? [block.partUuid] : []));
  if (uuids.length === 0) return undefined;
  return uuids.every((uuid) => /^[0-9a-f]{8}-[0-9a-f]{2,3}$/i.test(uuid)) ? "dos" : "gpt";
}

/** The array that this mount point lies on, be it through LVM or LUKS. Of several (a VG over two arrays): the first. */
export function arrayUnder(world: World, mountPoint: string): RaidArray | undefined {
  const mounted = world.blocks.find((block) => block.mountPoints.includes(mountPoint));
  const names = mounted ? ancestors(world.blocks, mounted, new Set()) : new Set<string>();
  return world.arrays.find((array) => names.has(array.name));
}

function ancestors(blocks: readonly Block[], block: Block, seen: Set<string>): ReadonlySet<string> {
  if (seen.has(block.name)) return seen;
  seen.add(block.name);
  for (const parent of blocks.filter((one) => block.parents.includes(one.name))) ancestors(blocks, parent, seen);
  return seen;
}
