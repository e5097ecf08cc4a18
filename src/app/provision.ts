import { ProvisionError } from "../errors.ts";
import { findNode } from "../inventory/explain.ts";
import type { OperationListener } from "../lifecycle/events.ts";
import type { RunningOperation } from "../lifecycle/house.ts";
import type { Phase } from "../lifecycle/phases.ts";
import type { OperationRecord } from "../lifecycle/records.ts";
import type { Parameters } from "../lifecycle/step.ts";
import { createLocalShell } from "../transport/local.ts";
import type { ConvergeRequest, ProvisionRequest, ProvisionResult } from "./controller.ts";
import { profileImage } from "./images.ts";
import type { House } from "./local.ts";
import { roleRequestsOf } from "./roles.ts";

export interface ProvisionCall {
  readonly request: ProvisionRequest & Omit<ConvergeRequest, "node" | "by">;
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
  const { node, profile } = findNode(house.site.inventory, call.request.node);
  return whileServing(house, call, async (operations) => {
    if (needsInstall(await phaseOf(house, node.name), call.request, operations)) {
      if (profile.method === "image") await profileImage(imageSource(house), node.profile);
      operations.push(await perform(house, "install", call));
    }
    if (operations.at(-1)?.kind !== "converge") operations.push(await perform(house, "converge", call));
  });
}

/** Only the second half: an installed node becomes as its roles want it. */
export async function convergeOnly(house: House, call: ProvisionCall): Promise<ProvisionResult> {
  const { node, set } = call.request;
  findNode(house.site.inventory, node);
  // Before anything is on record: a slip is refused, and so is a secret that came as a setting.
  if (set) roleRequestsOf(house.site, node, set);
  return whileServing(house, call, async (operations) => {
    operations.push(await perform(house, "converge", call));
  });
}

/** With the servers up, and what was left running taken over and brought to its end. */
async function whileServing(
  house: House,
  call: ProvisionCall,
  work: (operations: OperationRecord[]) => Promise<void>,
): Promise<ProvisionResult> {
  const { lifecycle } = house;
  const { node } = call.request;
  const unsubscribe = lifecycle.subscribe((event) => event.node === node && call.watch(event));
  try {
    await call.startServers();
    await lifecycle.recover();
    const operations: OperationRecord[] = [];
    const left = lifecycle.running(node);
    if (left) operations.push(await follow(house, left, call));
    await work(operations);
    const [proofs, run] = [house.proofs.get(node) ?? [], house.latestRuns.get(node)];
    return { node, changed: operations.some(changed), operations, proofs, ...(run === undefined ? {} : { run }) };
  } finally {
    unsubscribe();
  }
}

const imageSource = ({ site, paths, around }: House) => {
  return { inventory: site.inventory, paths, shell: createLocalShell({ clock: around.clock }) };
};

const phaseOf = async ({ lifecycle }: House, node: string): Promise<Phase> =>
  (await lifecycle.status(node))?.node.phase ?? "unknown";

/** An install that was only taken over just now isn't done twice, whatever was asked. */
const needsInstall = (phase: Phase, { reinstall }: ProvisionRequest, done: readonly OperationRecord[]) =>
  phase === "unknown" ||
  phase === "discovered" ||
  (reinstall && !done.some((operation) => operation.kind === "install"));

const changed = ({ kind, steps }: OperationRecord) =>
  kind !== "converge" || steps.some((step) => step.name === "apply" && step.state === "done");

const convergeParameters = ({ only, purge, set }: ProvisionCall["request"]): Parameters => ({
  ...(only === undefined ? {} : { only }),
  ...(purge ? { purge } : {}),
  ...(set && set.length > 0 ? { set } : {}),
});

async function perform(house: House, kind: "install" | "converge", call: ProvisionCall): Promise<OperationRecord> {
  const { node, by, reinstall } = call.request;
  call.signal.throwIfAborted();
  const parameters = kind === "install" ? { reinstall } : convergeParameters(call.request);
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
