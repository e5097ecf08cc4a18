import type { BootReport } from "../boot/reports.ts";
import type { Situation } from "../boot/service.ts";
import { admit } from "./admission.ts";
import { fail } from "./errors.ts";
import type { OperationEvent, OperationListener } from "./events.ts";
import { hear } from "./hearing.ts";
import { type House, type LifecycleOptions, publish, type RunningOperation, remember } from "./house.ts";
import { answerHold, cancelOperation, forgetNode, pauseNode } from "./interventions.ts";
import { launch } from "./launch.ts";
import type { OperationKind } from "./phases.ts";
import { findNode, latestOperation, loadEvents, type NodeRecord, type OperationRecord, toNode } from "./records.ts";
import { recover } from "./resume.ts";
import type { HoldAnswer, Parameters } from "./step.ts";
import type { LifecycleTables } from "./tables.ts";

export interface NodeStatus {
  readonly node: NodeRecord;
  /** The one that runs, or the last one. */
  readonly operation: OperationRecord | undefined;
}

export interface Lifecycle {
  /** Throws `node-busy`, `node-paused`, `wrong-phase`, `operation-unknown`. The operation runs on by itself. */
  begin(node: string, kind: OperationKind, start: { by: string; parameters?: Parameters }): Promise<RunningOperation>;
  /** Resumes, or ends with a reason, what runs without a controller, on all nodes or on one. At start-up, and now and then. */
  recover(node?: string): Promise<readonly RunningOperation[]>;
  /** What runs on the node in this process. */
  running(node: string): RunningOperation | undefined;
  /** Disarms first, then ends the operation; false if none ran. Needs no BMC. */
  cancel(node: string, by: string): Promise<boolean>;
  /** Answers the question that a step on the node is held for, whichever process runs it. Throws `nothing-held`. */
  answer(node: string, answer: HoldAnswer): Promise<void>;
  /** Throws `node-in-use` without `force`. */
  forget(node: string, options: { force: boolean; by: string }): Promise<void>;
  setPaused(node: string, pause: { paused: boolean; by: string }): Promise<void>;
  status(node: string): Promise<NodeStatus | undefined>;
  statuses(): Promise<readonly NodeStatus[]>;
  /** Oldest first; the newest `limit` of them (200). */
  history(node: string, limit?: number): Promise<readonly OperationEvent[]>;
  /** The keys pinned for the node's present generation, as `type base64`. */
  hostKeys(node: string): Promise<readonly string[]>;
  /** From memory, for boot decisions. Another process's changes show late; the intents don't. */
  situation(node: string): Situation;
  /** What the boot service heard. */
  report(report: BootReport): void;
  subscribe(listener: OperationListener): () => void;
  /** Stops what runs here without ending it, so that the next start resumes it. */
  close(): Promise<void>;
}

const usualLeaseMs = 15_000;

export async function createLifecycle(options: LifecycleOptions): Promise<Lifecycle> {
  const house: House = {
    ...options,
    leaseMs: options.leaseMs ?? usualLeaseMs,
    db: options.database.tables<LifecycleTables>(),
    active: new Map(),
    situations: new Map(),
    listeners: new Set(),
  };
  for (const { name } of await house.db.selectFrom("nodes").select("name").execute()) await remember(house, name);
  return {
    begin: (node, kind, start) => begin(house, { node, kind, ...start }),
    recover: (node) => recover(house, node),
    running: (node) => house.active.get(node),
    cancel: (node, by) => cancel(house, node, by),
    answer: async (node, answer) => {
      await answerHold(house, node, answer);
      house.active.get(node)?.inbox.heard();
    },
    forget: (node, how) => forget(house, node, how),
    setPaused: async (node, pause) => {
      publish(house, await pauseNode(house, node, pause));
      await remember(house, node);
    },
    ...queries(house),
    situation: (node) => house.situations.get(node) ?? {},
    report: (report) => hear(house, report),
    subscribe: (listener) => {
      house.listeners.add(listener);
      return () => void house.listeners.delete(listener);
    },
    close: () => close(house),
  };
}

function queries({ db }: House): Pick<Lifecycle, "status" | "statuses" | "history" | "hostKeys"> {
  const status = async (name: string) => {
    const node = await findNode(db, name);
    return node && { node, operation: await latestOperation(db, name) };
  };
  return {
    status,
    statuses: async () => {
      const rows = await db.selectFrom("nodes").selectAll().where("forgotten", "=", 0).orderBy("name").execute();
      return Promise.all(
        rows.map(async (row) => ({ node: toNode(row), operation: await latestOperation(db, row.name) })),
      );
    },
    history: (node, limit = 200) => loadEvents(db, node, limit),
    hostKeys: async (name) => {
      const node = await findNode(db, name);
      if (!node) return [];
      const pinned = db.selectFrom("host_keys").select("key").where("node", "=", name);
      return (await pinned.where("generation", "=", node.generation).orderBy("key").execute()).map((row) => row.key);
    },
  };
}

async function begin(
  house: House,
  { node, kind, by, parameters = {} }: { node: string; kind: OperationKind; by: string; parameters?: Parameters },
): Promise<RunningOperation> {
  const { db, clock, instance: owner, leaseMs } = house;
  const define = house.operations[kind];
  if (!define) throw fail("operation-unknown", { kind });
  const admitted = await admit({ db, clock, node, kind, by, parameters, owner, leaseMs, define });
  publish(house, admitted.event);
  return launch(house, { ...admitted, states: admitted.steps.map(() => "pending"), resumed: false });
}

async function cancel(house: House, node: string, by: string): Promise<boolean> {
  await house.disarm(node);
  const cancelled = await cancelOperation(house, node, by);
  for (const event of cancelled?.events ?? []) publish(house, event);
  const active = house.active.get(node);
  if (active && active.id === cancelled?.operationId) active.abort.abort(cancelled.error);
  await remember(house, node);
  return cancelled !== undefined;
}

async function forget(house: House, node: string, { force, by }: { force: boolean; by: string }): Promise<void> {
  const status = await findNode(house.db, node);
  if (!force && (status?.phase === "ready" || status?.phase === "active"))
    throw fail("node-in-use", { node, phase: status.phase });
  await cancel(house, node, by);
  await forgetNode(house, node, force);
  await remember(house, node);
}

async function close(house: House): Promise<void> {
  const active = [...house.active.values()];
  for (const one of active) one.abort.abort(fail("operation-lost", { node: one.node }));
  await Promise.all(active.map((one) => one.finished));
  const mine = house.db.updateTable("operations").set({ lease_until: 0 }).where("owner", "=", house.instance);
  await mine.where("state", "=", "running").execute();
}
