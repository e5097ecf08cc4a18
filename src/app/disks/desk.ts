import type { ErrorRecord } from "../../errors.ts";
import type { OperationListener, StepOutline } from "../../lifecycle/events.ts";
import type { OperationRecord } from "../../lifecycle/records.ts";
import type { Finding } from "../../raid/gates/gate.ts";
import type { ProbeReport } from "../../raid/probes/probe.ts";
import type { DisksStatus } from "../../raid/status.ts";
import type { SwapMode, SwapPlan } from "../../raid/swap-plan.ts";

/** A node's disks, or why they couldn't be looked at. */
export interface NodeDisks {
  readonly node: string;
  readonly rack?: string;
  readonly status?: DisksStatus;
  readonly error?: ErrorRecord;
  /** The swap that is under way on it. */
  readonly swap?: OperationRecord;
  /** For the data centre, about the disk that needs hands; absent when none does. */
  readonly ticket?: string;
}

/** What is wanted of `provision disk replace`. */
export interface SwapRequest {
  readonly node: string;
  /** A serial, its end, a WWN, a slot, or a name of this moment such as sdb. */
  readonly disk: string;
  readonly mode?: SwapMode | undefined;
  /** Gates' words, typed by name. */
  readonly waivers: readonly string[];
  readonly acceptsDataLoss: boolean;
  readonly by: string;
}

/** What a swap would come to; nothing was touched. */
export interface SwapProposal {
  readonly node: string;
  readonly plan: SwapPlan;
  /** Whose it is, if it isn't md's. */
  readonly keeper?: { readonly [key: string]: string };
  readonly findings: readonly Finding[];
  readonly verdict: "pass" | "needs-waivers" | "refused";
  readonly probes: readonly ProbeReport[];
  readonly steps: readonly StepOutline[];
}

/** `left`: nobody waits for it any more; it is held or under way, and is taken up again by the same command. */
export interface SwapResult {
  readonly node: string;
  readonly state: "done" | "left";
  readonly operation: OperationRecord;
  /** When it is done: what in the node's inventory file still names the old disk, as `disks[1].serial`. */
  readonly stale?: readonly string[];
}

export interface LocateRequest {
  readonly node: string;
  readonly disk: string;
  readonly on: boolean;
}

export interface Located {
  readonly node: string;
  readonly serial: string;
  readonly slot?: string;
  /** Who lit it; `none`: nobody could, `blink`: its activity light was made to flicker. */
  readonly led: "ledctl" | "enclosure" | "ses" | "none" | "blink";
}

/** What faces ask about disks. */
export interface DiskDesk {
  /** These nodes, or all that are installed. */
  status(nodes: readonly string[]): Promise<readonly NodeDisks[]>;
  /** Gates and steps; touches nothing. @throws what makes it impossible: no such disk, several, none with a serial */
  propose(request: SwapRequest): Promise<SwapProposal>;
  /** Begins it, or takes it up where it is. Aborting only stops the waiting. @throws `swap-refused-by-gates`, … */
  swap(request: SwapRequest, watch: OperationListener, signal: AbortSignal): Promise<SwapResult>;
  locate(request: LocateRequest): Promise<Located>;
  /** Calls a swap off, and undoes what can be undone: all, before the disk is pulled. False: none was under way. */
  abort(node: string, by: string): Promise<boolean>;
}
