import type { OperationEvent, OperationListener } from "../lifecycle/events.ts";
import type { NodeStatus } from "../lifecycle/lifecycle.ts";
import type { OperationRecord } from "../lifecycle/records.ts";
import type { HoldAnswer } from "../lifecycle/step.ts";
import type { DiskDesk } from "./disks/desk.ts";

/** What is wanted of `provision node`. */
export interface ProvisionRequest {
  readonly node: string;
  /** Erase and install again; the person has typed the node's name. */
  readonly reinstall: boolean;
  /** Who asked, for the history: `user@host`. */
  readonly by: string;
}

/** What is wanted of `provision apply`. */
export interface ConvergeRequest {
  readonly node: string;
  /** Who asked, for the history: `user@host`. */
  readonly by: string;
  /** Only what this selects, and what that stands on: `role=varnish,type=file`. */
  readonly only?: string | undefined;
  /** Also remove what earlier runs made and the catalogue has no more. */
  readonly purge?: boolean | undefined;
  /** Parameters from the command line: `varnish.port=80`. */
  readonly set?: readonly string[] | undefined;
}

/** One fact that shows that a role works, with what was seen. */
export interface Proof {
  readonly role: string;
  readonly name: string;
  readonly evidence: string;
}

export interface ProvisionResult {
  readonly node: string;
  /** False: there was nothing left to do, and nothing was changed. */
  readonly changed: boolean;
  readonly operations: readonly OperationRecord[];
  readonly proofs: readonly Proof[];
  /** The stored run, for `provision report`. */
  readonly run?: string;
}

/** A node of the inventory; without a status nothing was ever done to it. */
export interface NodeOverview {
  readonly name: string;
  readonly status: NodeStatus | undefined;
}

/** What every face asks of the controller; the same whether it lives in this process or in the daemon. */
export interface Controller {
  /** Brings the node to `active`, or throws what stopped it. Aborting cancels the operation. */
  provision(request: ProvisionRequest, watch: OperationListener, signal: AbortSignal): Promise<ProvisionResult>;
  /** Only converges: an installed node becomes as its roles want it. Same errors, same cancelling. */
  converge(request: ConvergeRequest, watch: OperationListener, signal: AbortSignal): Promise<ProvisionResult>;
  /** All nodes of the inventory, or one. */
  status(node?: string): Promise<readonly NodeOverview[]>;
  /** Oldest first. */
  history(node: string): Promise<readonly OperationEvent[]>;
  /** Works without the BMC; false when nothing was running. */
  cancel(node: string, by: string): Promise<boolean>;
  forget(node: string, options: { readonly force: boolean; readonly by: string }): Promise<void>;
  /** Answers what a step on the node is held for. @throws `nothing-held` */
  answer(node: string, answer: HoldAnswer): Promise<void>;
  readonly disks: DiskDesk;
  close(): Promise<void>;
}
