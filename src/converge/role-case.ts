/** What a role is tried with by `provision test`: its parameters, on how many hosts, and how those are then broken. */
export interface RoleCase {
  /** As in `--case NAME`: lower-case words with dashes. */
  readonly name: string;
  readonly parameters: Given | ((lab: CaseLab) => Given);
  /** 1 unless given; every host gets the role. */
  readonly hosts?: number;
  /** Roles of this program that come first, `base` for instance, with their parameters. */
  readonly with?: readonly (string | { readonly role: string; readonly parameters: Given })[];
  /** Unless given: the role's first file is deleted, and its first service stopped. */
  readonly breaks?: readonly Break[];
  /** Only there. What touches disks, clock, kernel or boot loader needs a `vm`. */
  readonly on?: HostKind;
  /** For virtual machines. */
  readonly needs?: CaseNeeds;
}

export type HostKind = "container" | "vm";

type Given = Readonly<Record<string, unknown>>;

export interface CaseNeeds {
  /** Empty disks beside the one of the system, by serial number. */
  readonly disks?: readonly { readonly serial: string; readonly sizeMiB: number }[];
  readonly memoryMiB?: number;
}

/** Where a case runs: nothing else can be reached from there. */
export interface CaseLab {
  /** A neighbour that answers HTTP with a page, cacheable for a minute, on port 8080; and offers packages. */
  readonly siteAddress: string;
  /** In order; the first is where things are broken. */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
}

/** A mishap on the first host, which the next converge must find and mend. */
export interface Break {
  /** What happened: "someone stops the cache". */
  readonly says: string;
  readonly run: readonly string[];
}
