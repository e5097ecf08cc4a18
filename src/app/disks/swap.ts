import { ProvisionError } from "../../errors.ts";
import type { OperationListener } from "../../lifecycle/events.ts";
import type { RunningOperation } from "../../lifecycle/house.ts";
import type { OperationRecord } from "../../lifecycle/records.ts";
import type { OperationOutcome } from "../../lifecycle/runner.ts";
import type { HoldAnswer, Parameters } from "../../lifecycle/step.ts";
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
 * @throws `swap-gates-shut`, `swap-of-another-disk`, `node-busy`, and what ended it
 */
export async function swapDisk(house: House, { request, watch, signal }: SwapCall): Promise<SwapResult> {
  const { lifecycle } = house;
  const { node } = request;
  const unsubscribe = lifecycle.subscribe((event) => event.node === node && watch(event));
  const left = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => left.resolve(undefined), { once: true });
  if (signal.aborted) left.resolve(undefined);
  try {
    const ended = (await underWay(house, request))
      ? takenUp(house, { request, watch, signal })
      : (await begin(house, request)).finished;
    ended.catch(() => {});
    const outcome = await Promise.race([ended, left.promise]);
    if (outcome?.error) throw new ProvisionError(outcome.error);
    const operation = await operationOf(house, node);
    if (!outcome) return { node, state: "left", operation };
    return { node, state: "done", operation, stale: staleWords(house, node, String(operation.parameters.disk)) };
  } finally {
    unsubscribe();
  }
}

/** Where the node's inventory file still names the disk that is gone: `disks[1].serial`. */
function staleWords({ site }: House, node: string, serial: string): string[] {
  const { disks = [], bays = [] } = site.inventory.nodes.get(node) ?? {};
  const words = (name: string, list: readonly { readonly serial?: string | undefined }[]) =>
    list.flatMap((one, index) => (one.serial === serial ? [`${name}[${index}].serial`] : []));
  return [...words("disks", disks), ...words("bays", bays)];
}

/** Looked at before anything is taken up: nobody's swap goes on because somebody named another disk. */
async function underWay(house: House, { node, disk }: SwapRequest): Promise<boolean> {
  const operation = await runningSwap(house, node);
  if (!operation || isOnlyOpened(operation)) return false;
  if (isSameDisk(operation.parameters, disk)) return true;
  throw fail("swap-of-another-disk", { node, serial: String(operation.parameters.disk) });
}

/** The swap that is recorded as under way, whoever runs it. */
async function runningSwap({ lifecycle }: House, node: string): Promise<OperationRecord | undefined> {
  const operation = (await lifecycle.status(node))?.operation;
  return operation?.kind === "diskswap" && operation.state === "running" ? operation : undefined;
}

const lookOnMs = 1000;

/** Runs here what a controller that is gone left; what another process runs is looked at, until that one goes or ends it. */
async function takenUp(house: House, { request: { node }, watch, signal }: SwapCall): Promise<OperationOutcome> {
  const { lifecycle, around } = house;
  for (let told = ""; ; ) {
    await lifecycle.recover(node);
    const mine = lifecycle.running(node);
    if (mine) return mine.finished;
    const operation = await operationOf(house, node);
    const { state, error } = operation;
    if (state !== "running") return state === "done" ? { state } : { state, ...(error ? { error } : {}) };
    const event = asEvent(operation, around.clock.now());
    const words = JSON.stringify([event?.step, event?.state, event?.question]);
    if (event && words !== told) watch(event);
    told = words;
    await around.clock.sleep(lookOnMs, signal);
  }
}

/** How its open step is now, as whoever runs it told it. */
function asEvent({ id, node, elapsedMs, steps }: OperationRecord, at: Date) {
  const step = steps.find(({ state }) => state === "running" || state === "waiting" || state === "held");
  if (!step) return undefined;
  const { name, label, state, attempt, question } = step;
  const about = { at, node, operationId: id, elapsedMs };
  return { ...about, kind: "step", step: name, label, state, attempt, ...(question ? { question } : {}) } as const;
}

/** A disk that is out can't be looked up any more: its serial, or the end of it, is what people have in their hands. */
const isSameDisk = ({ disk, named }: Parameters, word: string) =>
  word === named || String(disk).toUpperCase().endsWith(word.toUpperCase());

async function begin(house: House, request: SwapRequest): Promise<RunningOperation> {
  const { lifecycle } = house;
  const { node, by, disk: named, waivers, acceptsDataLoss } = request;
  const proposal = await proposeSwap(house, request);
  if (proposal.verdict !== "pass") throw refused(proposal);
  await lifecycle.recover(node);
  const opened = await runningSwap(house, node);
  if (opened && isOnlyOpened(opened)) await lifecycle.cancel(node, `${by}, to begin it`);
  const { mode, target } = proposal.plan;
  const kept = proposal.keeper ? { keeper: proposal.keeper } : {};
  const parameters = { disk: target.serial, named, mode, waivers, acceptsDataLoss, ...kept };
  return lifecycle.begin(node, "diskswap", { by, parameters });
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
export async function abortSwap(house: House, node: string, by: string): Promise<boolean> {
  const { lifecycle } = house;
  if (!(await runningSwap(house, node))) return false;
  await lifecycle.recover(node);
  const running = lifecycle.running(node);
  await lifecycle.cancel(node, by);
  await running?.finished;
  return true;
}

/** Writes an answer down for whoever runs it. A swap that was only opened, and that nobody runs, hears its "no" here. */
export async function answerSwap(house: House, node: string, answer: HoldAnswer): Promise<void> {
  const { lifecycle } = house;
  await lifecycle.answer(node, answer);
  const operation = await runningSwap(house, node);
  if (!operation || !isOnlyOpened(operation) || answer.answer.trim().toLowerCase() !== "no") return;
  await lifecycle.recover(node);
  await lifecycle.running(node)?.finished;
}
