import type { Bmc } from "../../../bmc/driver.ts";
import type { Bay } from "../../../disks.ts";
import type { Act } from "../../../raid/acts/act.ts";
import type { Surroundings } from "../../../raid/gates/gate.ts";
import type { ProbeReport, ProbeSettings } from "../../../raid/probes/probe.ts";
import type { World } from "../../../raid/world.ts";
import type { Shell } from "../../../transport/shell.ts";
import type { SwapActs } from "./swap-acts.ts";

/**
 * `arrays`: what changes while somebody works at the rack; `pools`: and what ZFS, btrfs and controllers say; `all`: SMART, boot
 * loaders and the kernel's log, too.
 */
export type Depth = "arrays" | "pools" | "all";

export interface DiskSwapSettings {
  /** Can the bays be opened while it runs? Absent: nobody said. */
  readonly hotSwap?: boolean;
  readonly bays: readonly Bay[];
  readonly probes: ProbeSettings;
}

/** All in milliseconds. */
export interface SwapTimes {
  /** For a step that waits for nobody. */
  readonly stepMs: number;
  readonly backUpMs: number;
  readonly drainMs: number;
  /** For somebody to come to the rack; how often the world is looked at meanwhile. */
  readonly handsMs: number;
  readonly handsPollMs: number;
  /** For what was done to show in sysfs, and how often it is looked for. */
  readonly settleMs: number;
  readonly settlePollMs: number;
  /** For a machine that was told to shut down to be off, and for one that was switched on to answer over SSH. */
  readonly powerOffMs: number;
  readonly bootMs: number;
  readonly bootPollMs: number;
  readonly vetMs: number;
  readonly rebuildMs: number;
  readonly rebuildPollMs: number;
  /** A rebuild that hasn't moved for so long is an alarm. */
  readonly stallMs: number;
  readonly undoMs: number;
}

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

export const usualSwapTimes: SwapTimes = {
  stepMs: 10 * minute,
  backUpMs: 24 * hour,
  drainMs: hour,
  handsMs: 14 * day,
  handsPollMs: 5 * second,
  settleMs: minute,
  settlePollMs: 2 * second,
  powerOffMs: 10 * minute,
  bootMs: 30 * minute,
  bootPollMs: 5 * second,
  vetMs: 15 * minute,
  rebuildMs: 14 * day,
  rebuildPollMs: 10 * second,
  stallMs: 10 * minute,
  undoMs: 5 * minute,
};

/** What a swap needs from the floors around it. */
export interface DiskSwapParts {
  /** One connection to the node, over its pinned host keys. */
  connect(node: string, hostKeys: readonly string[], signal: AbortSignal): Promise<Shell>;
  hostKeys(node: string): Promise<readonly string[]>;
  openBmc(node: string): Bmc;
  settings(node: string): DiskSwapSettings;
  /** What isn't on the host; whether data loss is accepted comes from the operation's parameters. */
  surroundings(node: string): Promise<Surroundings>;
  /** An earlier look at the node: where a disk was that is gone by now. */
  recorded?(node: string): Promise<World | undefined>;
  readonly times: SwapTimes;
  /** For tests: how the host is looked at, asked, and acted on. */
  readonly seams?: Partial<Seams>;
}

/** All that ever reaches the host: reading it, asking its probes, and acts. */
export interface Seams {
  look(shell: Shell, how: LookOptions): Promise<World>;
  probe(shell: Shell, settings: ProbeSettings, signal: AbortSignal): Promise<readonly ProbeReport[]>;
  perform(shell: Shell, act: Act, signal: AbortSignal): Promise<readonly string[]>;
  readonly acts: SwapActs;
}

export interface LookOptions {
  readonly depth: Depth;
  readonly signal: AbortSignal;
  readonly bays: readonly Bay[];
}
