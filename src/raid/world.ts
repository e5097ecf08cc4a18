/**
 * A host's disks at one moment. What it is made of is read by facts; this room only thinks about it, so it says here what
 * it needs to know. Kernel names (`sda`) are true for this moment only: whoever acts finds the disk by its serial again.
 */
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

export interface Disk {
  readonly name: string;
  /** Without one nothing is ever done to it. */
  readonly serial?: string;
  readonly wwn?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly transport?: string;
  /** SCSI's host:channel:target:lun, which some data centres ask for. */
  readonly hctl?: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly rotational: boolean;
  readonly removable: boolean;
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly name: string;
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

/** An array of Linux's software RAID, from sysfs: md(4). */
export interface RaidArray {
  readonly name: string;
  /** As under /dev/md: `root`; what people call it. */
  readonly title?: string;
  readonly uuid?: string;
  /** `raid1`, `raid5`, `raid6`, `raid10`, `raid0`, `linear` */
  readonly level: string;
  readonly metadata: string;
  /** array_state: `clean`, `active`, `inactive`, `broken`, … */
  readonly state: string;
  readonly raidDisks: number;
  readonly degraded: number;
  readonly layout: number;
  readonly syncAction: string;
  /** 0 to 1, of what runs now. */
  readonly syncCompleted?: number;
  readonly syncKibPerSecond?: number;
  /** What the last finished sync was, and, where the kernel's log still tells, how long ago a `check` ended. */
  readonly lastSyncAction?: string;
  readonly checkedAgoSeconds?: number;
  readonly mismatches: number;
  readonly hasBitmap: boolean;
  readonly sizeBytes: number;
  readonly members: readonly Member[];
}

export interface Member {
  /** The kernel's name of the partition or disk: `sda3`. */
  readonly device: string;
  /** The disk's. Absent: the disk is gone, or has none. */
  readonly serial?: string;
  /** Its disk has vanished, whether or not the array has noticed. */
  readonly gone?: true;
  /** Absent: a spare, a failed one, or one that is added but not in its place yet. */
  readonly slot?: number;
  /** `in_sync`, `faulty`, `spare`, `write_error`, `want_replacement`, `blocked`, … */
  readonly states: readonly string[];
  readonly errors: number;
  /** `first length` in sectors from the member's start. `[UU]` says nothing of them. */
  readonly badBlocks: readonly string[];
  /** Of its superblock; absent: not read. */
  readonly events?: number;
}

/** A node of the tree of block devices, as lsblk(8) has it. */
export interface Block {
  readonly name: string;
  /** The kernel's, where lsblk has a nicer one: `dm-0` of `vg0-root`. */
  readonly kernelName?: string;
  /** `disk`, `part`, `raid1`, `lvm`, `crypt`, … */
  readonly type: string;
  readonly parents: readonly string[];
  readonly sizeBytes: number;
  /** `ext4`, `linux_raid_member`, `LVM2_member`, `swap`, `vfat`, `zfs_member`, … */
  readonly content?: string;
  readonly label?: string;
  readonly uuid?: string;
  /** GPT's type, in small letters. */
  readonly partType?: string;
  readonly partUuid?: string;
  /** `[SWAP]` for swap that is on. */
  readonly mountPoints: readonly string[];
}

export interface SmartReport {
  readonly disk: string;
  readonly serial?: string;
  /** False: smartctl isn't there, or the disk doesn't answer it. Absent isn't passed. */
  readonly available: boolean;
  readonly protocol?: "ata" | "scsi" | "nvme";
  readonly passed?: boolean;
  readonly powerOnHours?: number;
  readonly temperatureCelsius?: number;
  /** ATA 5, 197, 198, 199. */
  readonly reallocated?: number;
  readonly pending?: number;
  readonly offlineUncorrectable?: number;
  readonly crcErrors?: number;
  /** SCSI. */
  readonly grownDefects?: number;
  readonly uncorrectedErrors?: number;
  /** NVMe. */
  readonly criticalWarning?: number;
  readonly mediaErrors?: number;
  readonly percentageUsed?: number;
  readonly availableSpare?: number;
  readonly availableSpareThreshold?: number;
  readonly lastLongTest?: { readonly passed: boolean; readonly hoursAgo: number };
  readonly testRunning?: boolean;
}

/** Can this disk start the machine by itself? */
export interface BootState {
  readonly disk: string;
  readonly serial?: string;
  /** GRUB's words in the first 446 bytes. */
  readonly bootCode: boolean;
  /** The BIOS-boot partition; absent: there is none. */
  readonly biosBoot?: { readonly partition: string; readonly empty: boolean; readonly digest: string };
  /** The EFI system partition; absent: there is none. `files`: path in small letters → digest. */
  readonly esp?: {
    readonly partition: string;
    readonly uuid?: string;
    readonly files: Readonly<Record<string, string>>;
    /** It couldn't be read: that no files are told means nothing. */
    readonly unread?: true;
  };
  /** Numbers of the firmware's boot entries that lead here, in its order; UEFI only. */
  readonly entries: readonly string[];
}

export interface KernelError {
  /** `sda`, `sda3`, `md0` */
  readonly device: string;
  readonly text: string;
  /** Since the boot. */
  readonly atSeconds?: number;
}

/** A place for a disk. */
export interface Bay {
  readonly slot: string;
  readonly enclosure?: string;
  /** Of the disk in it. */
  readonly serial?: string;
  readonly locate?: boolean;
  readonly fault?: boolean;
  /** Who knows: an enclosure's services, PCIe's slots, or the inventory's word. */
  readonly source: "enclosure" | "pcie" | "inventory" | "controller";
}

export interface Pool {
  readonly kind: "zfs" | "btrfs" | "megaraid" | "hpe";
  /** `tank`, `/c0/v0`, `/srv` */
  readonly name: string;
  readonly level: string;
  readonly state: "ok" | "rebuilding" | "degraded" | "failed" | "unknown";
  /** In the words of who keeps it. */
  readonly said: string;
  /** How many more disks may fail. */
  readonly redundancyLeft: number;
  readonly rebuild?: { readonly completed?: number; readonly remainingSeconds?: number };
  readonly members: readonly PoolMember[];
}

export interface PoolMember {
  /** What its keeper's commands call it: `/c0/e252/s1`, ZFS's GUID, `devid:2`. */
  readonly name: string;
  /** The device that it is, or was, on this host. */
  readonly device?: string;
  readonly serial?: string;
  readonly slot?: string;
  readonly state: "ok" | "rebuilding" | "failed" | "missing" | "spare" | "predicted" | "unknown";
  readonly said: string;
  readonly readErrors?: number;
  readonly writeErrors?: number;
  readonly checksumErrors?: number;
}
