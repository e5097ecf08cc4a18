/** Something that a host may carry, and that a disk's swap must not harm: guests, a cluster's member, backups. */
export interface Probe {
  readonly name: string;
  /** For people: "Xen guests". */
  readonly label: string;
  /** How long it may take; else 60 s. */
  readonly limitSeconds?: number;
  /**
   * POSIX sh. Prints nothing where the host has no such thing, else lines for `parse`; ends with another status than 0 if
   * it can't tell. Nothing: this node's settings don't ask for it.
   */
  script(settings: ProbeSettings): string | undefined;
  /** Pure; throws when it can't make sense of the lines: then it is unknown. */
  parse(lines: readonly string[], settings: ProbeSettings): Told;
}

/** What the probe found; nothing of either: the host has no such thing. */
export interface Told {
  readonly carried?: readonly Carried[];
  readonly backups?: readonly Backup[];
}

/** What one probe came to. */
export type ProbeReport =
  | { readonly probe: string; readonly label: string; readonly state: "unknown"; readonly why: string }
  | ({ readonly probe: string; readonly label: string; readonly state: "absent" | "present" } & Told);

/** What runs here that others rely on. */
export interface Carried {
  readonly kind: "guest" | "cluster" | "database" | "filesystem";
  /** `web7`, `wsrep cluster main`, `volume gv0` */
  readonly name: string;
  /** One line of evidence: "size 3, Synced, not a donor". */
  readonly detail: string;
  /** Why the host can't be switched off now: "the cluster would lose its quorum". */
  readonly holdsBack?: string;
  /** POSIX sh that takes it off this host before the power goes, and back afterwards; each may be run again. */
  readonly drain?: string;
  readonly undrain?: string;
}

export interface Backup {
  /** Mount points, `mariadb`, `guest:NAME`. */
  readonly covers: readonly string[];
  readonly kind: "files" | "dump";
  /** `restic`, `borg`, `dumps`, `command` */
  readonly tool: string;
  /** Age of the last good one; absent: there is none. */
  readonly ageSeconds?: number;
  readonly restoreTestedAgoSeconds?: number;
  readonly maxAgeSeconds: number;
  /** POSIX sh that makes one now, and ends when it is made. */
  readonly runNow?: string;
}

/** What the inventory says of this node's backups. */
export interface BackupSettings {
  readonly covers: readonly string[];
  readonly with: "restic" | "borg" | "dumps" | "command";
  readonly kind: "files" | "dump";
  readonly repository?: string | undefined;
  readonly folder?: string | undefined;
  readonly command?: string | undefined;
  /** A file on the node that the tool's environment is read from (the password's place). */
  readonly environmentFile?: string | undefined;
  readonly maxAgeHours: number;
  readonly runNow?: string | undefined;
}

export interface ProbeSettings {
  readonly backups: readonly BackupSettings[];
}
