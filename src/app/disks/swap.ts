import { ProvisionError } from "../../errors.ts";
import type { OperationListener } from "../../lifecycle/events.ts";
import type { RunningOperation } from "../../lifecycle/house.ts";
import type { OperationRecord } from "../../lifecycle/records.ts";
import type { Parameters } from "../../lifecycle/step.ts";
import { fail } from "../errors.ts";
import type { House } from "../local.ts";
import type { SwapProposal, SwapRequest, SwapResult } from "./desk.ts";
import { isOnlyOpened } from "./opened.ts";
import { proposeSwap } from "./proposal.ts";

export interface SwapCall {
  readonly request: SwapRequest;
  readonly watch: OperationListener;
  readonly signal: AbortSignal;
}

/**
 * Begins a swap, or takes up the one that is under way. Who stops waiting leaves it as it is: held, or at work.
 * @throws `swap-refused-by-gates`, `swap-of-another-disk`, `node-busy`, and what ended it
 */
export async function swapDisk(house: House, { request, watch, signal }: SwapCall): Promise<SwapResult> {
  const { lifecycle } = house;
  const { node } = request;
  const unsubscribe = lifecycle.subscribe((event) => event.node === node && watch(event));
  try {
    const running = (await takeUp(house, request)) ?? (await begin(house, request));
    const left = Promise.withResolvers<undefined>();
    signal.addEventListener("abort", () => left.resolve(undefined), { once: true });
    if (signal.aborted) left.resolve(undefined);
    const outcome = await Promise.race([running.finished, left.promise]);
    if (outcome?.error) throw new ProvisionError(outcome.error);
    return { node, state: outcome ? "done" : "left", operation: await operationOf(house, node) };
  } finally {
    unsubscribe();
  }
}

/** What a controller that is gone left under way, or what runs here. */
async function takeUp(house: House, request: SwapRequest): Promise<RunningOperation | undefined> {
  await house.lifecycle.recover();
  const operation = (await house.lifecycle.status(request.node))?.operation;
  if (operation?.kind !== "diskswap" || operation.state !== "running") return undefined;
  if (isOnlyOpened(operation)) {
    await house.lifecycle.cancel(request.node, `${request.by}, to begin it`);
    return undefined;
  }
  if (!isSameDisk(operation.parameters, request.disk))
    throw fail("swap-of-another-disk", { node: request.node, serial: String(operation.parameters.disk) });
  return house.lifecycle.running(request.node);
}

/** A disk that is out can't be looked up any more: its serial, or the end of it, is what people have in their hands. */
const isSameDisk = ({ disk, named }: Parameters, word: string) =>
  word === named || String(disk).toUpperCase().endsWith(word.toUpperCase());

async function begin(house: House, request: SwapRequest): Promise<RunningOperation> {
  const proposal = await proposeSwap(house, request);
  if (proposal.verdict !== "pass") throw refused(proposal);
  const { node, by, disk: named, mode, waivers, acceptsDataLoss } = request;
  const parameters = { disk: proposal.plan.target.serial, named, waivers, acceptsDataLoss, ...(mode ? { mode } : {}) };
  return house.lifecycle.begin(node, "diskswap", { by, parameters });
}

/** @returns the error that names every gate that is shut */
export function refused({ node, plan, findings }: SwapProposal): ProvisionError {
  const shut = findings.filter(({ verdict }) => verdict === "refuse" || verdict === "confirm");
  return fail("swap-gates-shut", { node, serial: plan.target.serial, shut });
}

async function operationOf({ lifecycle }: House, node: string): Promise<OperationRecord> {
  const operation = (await lifecycle.status(node))?.operation;
  if (!operation) throw new Error(`${node} was forgotten while its operation ran`);
  return operation;
}

/** What nobody runs is taken up first: only who runs it can undo it. */
export async function abortSwap({ lifecycle }: House, node: string, by: string): Promise<boolean> {
  await lifecycle.recover();
  const operation = (await lifecycle.status(node))?.operation;
  if (operation?.kind !== "diskswap" || operation.state !== "running") return false;
  const running = lifecycle.running(node);
  await lifecycle.cancel(node, by);
  await running?.finished;
  return true;
}
