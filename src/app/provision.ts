import { ProvisionError } from "../errors.ts";
import { findNode } from "../inventory/explain.ts";
import type { OperationListener } from "../lifecycle/events.ts";
import type { RunningOperation } from "../lifecycle/house.ts";
import type { Phase } from "../lifecycle/phases.ts";
import type { OperationRecord } from "../lifecycle/records.ts";
import type { ProvisionRequest, ProvisionResult } from "./controller.ts";
import { imageOf } from "./images.ts";
import type { House } from "./local.ts";

export interface ProvisionCall {
  readonly request: ProvisionRequest;
  readonly watch: OperationListener;
  readonly signal: AbortSignal;
  startServers(): Promise<void>;
}

/**
 * Does what is left to do: install if the node has no system of ours (or a reinstall was confirmed), then converge. What a
 * controller that died left running is taken over first, and then counts as this run's.
 * @throws what stopped it; the operation's record tells the same
 */
export async function provision(house: House, call: ProvisionCall): Promise<ProvisionResult> {
  const { lifecycle, site } = house;
  const { node, profile } = findNode(site.inventory, call.request.node);
  const { name } = node;
  const unsubscribe = lifecycle.subscribe((event) => event.node === name && call.watch(event));
  try {
    await call.startServers();
    const operations: OperationRecord[] = [];
    await lifecycle.recover();
    const left = lifecycle.running(name);
    if (left) operations.push(await follow(house, left, call));
    if (needsInstall(await phaseOf(house, name), call.request, operations)) {
      if (profile.method === "image") await imageOf(site.inventory, node.profile, house.paths);
      operations.push(await perform(house, "install", call));
    }
    if (operations.at(-1)?.kind !== "converge") operations.push(await perform(house, "converge", call));
    return { node: name, changed: operations.some(changed), operations, proofs: house.proofs.get(name) ?? [] };
  } finally {
    unsubscribe();
  }
}

const phaseOf = async ({ lifecycle }: House, node: string): Promise<Phase> =>
  (await lifecycle.status(node))?.node.phase ?? "unknown";

/** An install that was only taken over just now isn't done twice, whatever was asked. */
const needsInstall = (phase: Phase, { reinstall }: ProvisionRequest, done: readonly OperationRecord[]) =>
  phase === "unknown" ||
  phase === "discovered" ||
  (reinstall && !done.some((operation) => operation.kind === "install"));

const changed = ({ kind, steps }: OperationRecord) =>
  kind !== "converge" || steps.some((step) => step.name === "apply" && step.state === "done");

async function perform(house: House, kind: "install" | "converge", call: ProvisionCall): Promise<OperationRecord> {
  const { node, by, reinstall } = call.request;
  call.signal.throwIfAborted();
  const parameters = kind === "install" ? { reinstall } : {};
  return follow(house, await house.lifecycle.begin(node, kind, { by, parameters }), call);
}

/** Waits for the operation's end; a person who doesn't want to wait any more cancels it, and nothing stays half-armed. */
async function follow({ lifecycle }: House, running: RunningOperation, call: ProvisionCall): Promise<OperationRecord> {
  const { node, by } = call.request;
  const cancel = () => void lifecycle.cancel(node, by);
  call.signal.addEventListener("abort", cancel, { once: true });
  if (call.signal.aborted) cancel();
  try {
    const { error } = await running.finished;
    if (error) throw new ProvisionError(error);
    const record = (await lifecycle.status(node))?.operation;
    if (!record) throw new Error(`${node} was forgotten while its operation ran`);
    return record;
  } finally {
    call.signal.removeEventListener("abort", cancel);
  }
}
