import type { Bay, Block, BootState, Disk, KernelError, Pool, RaidArray, SmartReport } from "../disks.ts";

/** A host's disks at one moment. Facts read it; this room only thinks about it. */
export interface World {
  readonly hostname: string;
  readonly machineId: string;
  readonly bootId: string;
  readonly firmware: "bios" | "uefi";
  readonly disks: readonly Disk[];
  readonly arrays: readonly RaidArray[];
  readonly blocks: readonly Block[];
  readonly smart: readonly SmartReport[];
  readonly boot: readonly BootState[];
  readonly kernelErrors: readonly KernelError[];
  readonly bays: readonly Bay[];
  /** Redundancy that somebody else than md keeps: ZFS, btrfs, a hardware controller. */
  readonly pools: readonly Pool[];
}
