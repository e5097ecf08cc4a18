/**
 * What a disk is and what stands on it: the words that who reads hosts and who judges them share. Kernel names (`sda`) are
 * true for the moment of reading only: whoever acts finds the disk by its serial again.
 */

export interface Disk {
  /** The kernel's name, which the next boot may give to another one. */
  readonly name: string;
  readonly serial?: string;
  /** Hexadecimal without `0x`; an NVMe's `eui.…` or `uuid.…`. */
  readonly wwn?: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly rotational: boolean;
  readonly removable: boolean;
  readonly readOnly: boolean;
  readonly vendor?: string;
  readonly model?: string;
  /** `sata`, `sas`, `nvme`, `virtio`, `usb`, `fc`, `iscsi`, `mmc`, `xen`; absent: something else. */
  readonly transport?: string;
  /** SCSI address: `0:0:1:0`. */
  readonly hctl?: string;
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly name: string;
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

/** An array of Linux's software RAID, as sysfs has it: md(4), the kernel's Documentation/admin-guide/md.rst. */
export interface RaidArray {
  readonly name: string;
  /** As under /dev/md: `root`. */
  readonly title?: string;
  readonly uuid?: string;
  /** `raid1`, `raid5`, `raid10`, …; `container`: holds other arrays and no content. */
  readonly level: string;
  readonly metadata: string;
  /** array_state: `clean`, `active`, `read-auto`, `inactive`, `broken`, … */
  readonly state: string;
  readonly raidDisks: number;
  /** Slots without a member in them that is in sync. */
  readonly degraded: number;
  /** What it means depends on the level; RAID10: near copies + 256 × far copies. */
  readonly layout: number;
  /** `idle`, `resync`, `recover`, `check`, `repair`, `reshape`; idle alone doesn't mean that all is well. */
  readonly syncAction: string;
  /** 0 to 1, of what runs now. */
  readonly syncCompleted?: number;
  readonly syncKibPerSecond?: number;
  readonly lastSyncAction?: string;
  /** Since the end of the last `check`, where the kernel's log still tells of it. */
  readonly checkedAgoSeconds?: number;
  readonly mismatches: number;
  readonly hasBitmap: boolean;
  readonly sizeBytes: number;
  readonly members: readonly Member[];
}

export interface Member {
  /** The kernel's name: `sda3`. */
  readonly device: string;
  readonly serial?: string;
  /** Its disk has vanished; the array may not have noticed yet. */
  readonly gone?: true;
  /** `undefined`: a spare, or one that failed. */
  readonly slot?: number;
  /** `in_sync`, `faulty`, `spare`, `write_error`, `want_replacement`, `blocked`, … */
  readonly states: readonly string[];
  readonly errors: number;
  /** Sectors that it can't be read at, as `first length`; a rebuild copies such holes into the new disk. */
  readonly badBlocks: readonly string[];
  /** Of its superblock. A faulty one's isn't read: it may take minutes to answer. */
  readonly events?: number;
}

/** A node of the tree of block devices, as lsblk(8) has it. */
export interface Block {
  /** lsblk's NAME: `sda1`, `md0`, `vg0-root`. */
  readonly name: string;
  /** The kernel's, where it is another one: `dm-0`. */
  readonly kernelName?: string;
  /** `disk`, `part`, `raid1`, `lvm`, `crypt`, `mpath`, `loop`, … */
  readonly type: string;
  /** Names of what it is made of; an array has several. */
  readonly parents: readonly string[];
  readonly sizeBytes: number;
  /** `ext4`, `linux_raid_member`, `LVM2_member`, `swap`, `vfat`, `zfs_member`, … */
  readonly content?: string;
  readonly label?: string;
  readonly uuid?: string;
  /** GPT's type (UEFI 2.10 §5.3.3) or MBR's, `0xfd`; in small letters. */
  readonly partType?: string;
  readonly partUuid?: string;
  /** `[SWAP]` for swap that is on. */
  readonly mountPoints: readonly string[];
}

/** What a disk says of itself: smartctl(8). Every field is absent where it doesn't say; absent isn't passed, and isn't 0. */
export interface SmartReport {
  readonly disk: string;
  readonly serial?: string;
  /** False: smartctl isn't there, is too old for JSON (before 7.0), or the disk doesn't answer it. */
  readonly available: boolean;
  readonly protocol?: "ata" | "scsi" | "nvme";
  readonly passed?: boolean;
  readonly powerOnHours?: number;
  readonly temperatureCelsius?: number;
  /** ATA attributes 5, 197, 198, 199. */
  readonly reallocated?: number;
  readonly pending?: number;
  readonly offlineUncorrectable?: number;
  readonly crcErrors?: number;
  /** SCSI: the grown defect list; what reads, writes and verifications couldn't correct. */
  readonly grownDefects?: number;
  readonly uncorrectedErrors?: number;
  /** NVMe's health log (NVM Express Base §5.16.1.3); spares and use in percent. */
  readonly criticalWarning?: number;
  readonly mediaErrors?: number;
  readonly percentageUsed?: number;
  readonly availableSpare?: number;
  readonly availableSpareThreshold?: number;
  /** The newest long one that came to a verdict: one that was stopped says nothing. */
  readonly lastLongTest?: { readonly passed: boolean; readonly hoursAgo: number };
  readonly testRunning?: boolean;
}

/** What a disk has to start the machine with. */
export interface BootState {
  /** The kernel's name. */
  readonly disk: string;
  readonly serial?: string;
  /** GRUB's words in the first 446 bytes. */
  readonly bootCode: boolean;
  /** The BIOS-boot partition; absent: there is none. `digest`: SHA-256 of its first MiB. */
  readonly biosBoot?: { readonly partition: string; readonly empty: boolean; readonly digest: string };
  readonly esp?: EspContent;
  /** Numbers of the firmware's active boot entries that lead here, in its order. */
  readonly entries: readonly string[];
}

/** The EFI system partition. */
export interface EspContent {
  readonly partition: string;
  /** The file system's: `F08C-F581`. */
  readonly uuid?: string;
  /** Path in small letters, as `efi/debian/shimx64.efi` → SHA-256; of files below 64 MiB. */
  readonly files: Readonly<Record<string, string>>;
  /** It couldn't be read: no files are told. */
  readonly unread?: true;
}

/** What the kernel said of a read or a write that failed. */
export interface KernelError {
  /** `sda`, `sda3`, `md0`, `nvme0n1`, `dm-0`; `md` for an array that its line doesn't name. */
  readonly device: string;
  /** Without level and time. */
  readonly text: string;
  /** Since the boot; absent: the kernel was told not to print times. */
  readonly atSeconds?: number;
}

/** A place for a disk, and what is in it. */
export interface Bay {
  /** As the enclosure calls it (`Slot 03`, which is what its label says), or its number. */
  readonly slot: string;
  /** The enclosure's logical id, which stays; where it has none, its SCSI address. */
  readonly enclosure?: string;
  readonly serial?: string;
  readonly locate?: boolean;
  readonly fault?: boolean;
  /** Who knows: an enclosure's services, PCIe's slots, the inventory's word, a controller. */
  readonly source: "enclosure" | "pcie" | "inventory" | "controller";
}

/** Redundancy that somebody else than md keeps: ZFS, btrfs, a hardware controller. */
export interface Pool {
  readonly kind: "zfs" | "btrfs" | "megaraid" | "hpe";
  /** `tank`, `/c0/v0`, `/srv` */
  readonly name: string;
  /** `mirror`, `raid1`, `raidz2`; several with `+`. */
  readonly level: string;
  readonly state: "ok" | "rebuilding" | "degraded" | "failed" | "unknown";
  /** In the words of who keeps it. */
  readonly said: string;
  /** How many more disks may fail, whichever they are; too low rather than too high. */
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
