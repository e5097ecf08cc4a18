import type { BootState, Pool, SmartReport } from "../disks.ts";
import type { Backup } from "./probes/probe.ts";

/** From well to lost. `at-risk`: nothing is missing yet, but something says that it soon will be, or one copy is left. */
export const severities = ["ok", "rebuilding", "degraded", "at-risk", "failed"] as const;
export type Severity = (typeof severities)[number];

/** What `disk status` says of a node. */
export interface DisksStatus {
  readonly severity: Severity;
  /** Why, worst first; each names what it is about. Empty when all is well. */
  readonly reasons: readonly Reason[];
  readonly arrays: readonly ArrayStatus[];
  readonly disks: readonly DiskStatus[];
  readonly pools: readonly Pool[];
  readonly backups: readonly BackupStatus[];
}

export interface Reason {
  readonly severity: Severity;
  /** `md0`, a disk's serial, `/srv` */
  readonly about: string;
  readonly text: string;
}

export interface ArrayStatus {
  readonly name: string;
  readonly uuid?: string;
  readonly level: string;
  readonly severity: Severity;
  readonly sizeBytes: number;
  /** How many more of its disks may fail, whichever they are. */
  readonly redundancyLeft: number;
  readonly rebuild?: RebuildProgress;
  readonly members: readonly {
    readonly serial?: string;
    readonly device: string;
    readonly slot?: number;
    readonly states: readonly string[];
    readonly badBlocks: number;
  }[];
}

export interface RebuildProgress {
  readonly action: string;
  /** 0 to 1; absent: it waits for another one. */
  readonly completed?: number;
  readonly kibPerSecond?: number;
  readonly remainingSeconds?: number;
}

export interface DiskStatus {
  readonly name: string;
  readonly serial?: string;
  readonly wwn?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly sizeBytes: number;
  readonly transport?: string;
  readonly slot?: string;
  readonly enclosure?: string;
  readonly led?: "locate" | "fault" | "off";
  readonly severity: Severity;
  /** Arrays and pools that it is in. */
  readonly memberOf: readonly string[];
  readonly smart?: SmartReport;
  readonly badBlocks: number;
  /** Does it start the machine by itself? `undefined`: it isn't meant to. */
  readonly bootable?: boolean;
  readonly boot?: BootState;
}

export interface BackupStatus extends Pick<Backup, "covers" | "tool" | "kind" | "ageSeconds" | "maxAgeSeconds"> {
  readonly late: boolean;
}
