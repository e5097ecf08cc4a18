import type { Situation } from "../boot/service.ts";
import type { Clock } from "../clock.ts";
import { toRecord } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Database } from "../store/database.ts";
import type { OperationEvent, OperationListener } from "./events.ts";
import type { Inbox } from "./inbox.ts";
import type { Journal } from "./journal.ts";
import type { OperationKind } from "./phases.ts";
import { type Db, findNode } from "./records.ts";
import type { OperationOutcome } from "./runner.ts";
import type { OperationDefinition } from "./step.ts";

export interface LifecycleOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** What this controller can do. */
  readonly operations: Partial<Record<OperationKind, OperationDefinition>>;
  /** Names this process, differently at every start; the same as the intents'. */
  readonly instance: string;
  /** How long an operation stays ours without a word from us. */
  readonly leaseMs?: number;
  /** Is the process of that name known to be gone? Without an answer its lease must run out first. */
  ownerGone?(instance: string): boolean;
  /** Takes back the node's permission to install, durably; without its BMC. */
  disarm(node: string): Promise<void>;
}

export interface RunningOperation {
  readonly id: number;
  readonly node: string;
  readonly kind: OperationKind;
  readonly generation: number;
  /** Never rejects. */
  readonly finished: Promise<OperationOutcome>;
}

/** What runs in this process. */
export interface Active extends RunningOperation {
  readonly journal: Journal;
  readonly inbox: Inbox;
  readonly abort: AbortController;
}

/** What all of lifecycle shares: the records, and what this process has in hand. */
export interface House extends LifecycleOptions {
  readonly db: Db;
  readonly leaseMs: number;
  readonly active: Map<string, Active>;
  readonly situations: Map<string, Situation>;
  readonly listeners: Set<OperationListener>;
}

/** Brings the memory that boot decisions read up to what is recorded. */
export async function remember(house: House, name: string): Promise<void> {
  const node = await findNode(house.db, name);
  const operation = await house.db
    .selectFrom("operations")
    .select(["kind", "generation"])
    .where("node", "=", name)
    .where("state", "=", "running")
    .executeTakeFirst();
  if (node) house.situations.set(name, { phase: node.phase, paused: node.paused, operation });
  else house.situations.delete(name);
}

/** Tells every listener; one that throws is logged and harms nobody. */
export function publish(house: House, event: OperationEvent): void {
  for (const listener of house.listeners) {
    try {
      listener(event);
    } catch (error) {
      house.log.error("a listener failed", { message: toRecord(error).message });
    }
  }
}
