/** How the old disk leaves: while the machine runs, with its power off, or only after the new one has taken its place. */
export type SwapMode = "hot" | "cold" | "add-first";

/** A swap, as a value: everything by serial numbers and UUIDs, so that it is still true after a reboot. JSON. */
export interface SwapPlan {
  readonly target: Target;
  readonly mode: SwapMode;
  readonly firmware: "bios" | "uefi";
  /** The target's places in arrays, smallest array first: the order of adding. */
  readonly memberships: readonly Membership[];
  /** Disks that hold the good copies meanwhile. */
  readonly survivors: readonly string[];
  readonly table: TableSource;
  readonly swaps: readonly SwapArea[];
  /** Partition number of the target's EFI system partition, and where it is mounted. */
  readonly esp?: { readonly partition: number; readonly uuid?: string; readonly mountPoint?: string };
  /** Partition number of the target's BIOS-boot partition; 0: boot code in the gap behind an MBR. */
  readonly biosBoot?: { readonly partition: number };
  /** Every disk's serial when this was made: whatever comes later is new. */
  readonly knownSerials: readonly string[];
  /** Array UUIDs, events, serials: what must not have moved when the first command is sent. */
  readonly fingerprint: string;
}

export interface Target {
  readonly serial: string;
  readonly wwn?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly transport?: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly slot?: string;
  readonly enclosure?: string;
  /** Whose bays are beside it: what must not be pulled. */
  readonly neighbours: readonly { readonly slot?: string; readonly serial: string; readonly model?: string }[];
}

export interface Membership {
  readonly arrayUuid: string;
  /** For people, and for looking it up at this moment only: `md0`, `root`. */
  readonly array: string;
  readonly level: string;
  /** 0: the whole disk. */
  readonly partition: number;
  readonly slot?: number;
  readonly sizeBytes: number;
}

/** Where the new disk's partitions come from. `sfdisk --dump` of the record is kept beside the plan. */
export type TableSource =
  | { readonly kind: "survivor"; readonly serial: string; readonly label: "gpt" }
  | { readonly kind: "record"; readonly label: "gpt" | "dos" }
  | { readonly kind: "none" };

export interface SwapArea {
  readonly partition: number;
  readonly uuid: string;
  readonly label?: string;
  readonly active: boolean;
}
