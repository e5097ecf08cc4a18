import type { AssessedPlan } from "../converge/assessment.ts";
import { type ErrorRecord, toRecord } from "../errors.ts";
import type { Shell } from "../transport/shell.ts";
import { createSlots } from "../transport/slots.ts";
import { type ConvergeWanted, catalogueRequest, checkCatalogue, planNode } from "./converge.ts";
import { selectorOf } from "./fleet.ts";
import type { House } from "./local.ts";
import { assessNode } from "./recording.ts";
import { takeSeat } from "./seat.ts";

interface Look {
  readonly shell: Shell;
  readonly signal: AbortSignal;
  /** How it would be another plan than the inventory's. */
  readonly wanted?: ConvergeWanted;
}

/**
 * Compares a node with its roles and with what is known of earlier runs; changes nothing, and stores nothing but the
 * facts that it read.
 */
export async function lookAtNode(
  house: House,
  node: string,
  { shell, signal, wanted = {} }: Look,
): Promise<AssessedPlan> {
  const { seat, selector } = await seatOf(house, node, wanted);
  const plan = await assessNode(house, node, (extend) => planNode(seat.request, shell, { signal, selector, extend }));
  await seat.keep(plan.facts);
  return plan;
}

/** What is wrong with a node's roles, or selects nothing of them, as far as that is known without the node. */
export async function checkNode(house: House, node: string, wanted: ConvergeWanted): Promise<void> {
  const { seat, selector } = await seatOf(house, node, wanted);
  checkCatalogue(seat.request, selector);
}

async function seatOf(house: House, node: string, wanted: ConvergeWanted) {
  const selector = wanted.only === undefined ? undefined : selectorOf(wanted.only);
  return { selector, seat: await takeSeat(house, catalogueRequest(house.site, node, wanted), selector) };
}

export type NodePlan =
  | { readonly node: string; readonly plan: AssessedPlan }
  | { readonly node: string; readonly error: ErrorRecord };

export interface LookAtMany {
  readonly nodes: readonly string[];
  readonly wanted: ConvergeWanted;
  readonly signal: AbortSignal;
  /** Nodes at once. */
  readonly bound: number;
}

/** Looks at many nodes, in their order; what fails on one is its answer. */
export async function lookAtNodes(
  house: House,
  { nodes, wanted, signal, bound }: LookAtMany,
): Promise<readonly NodePlan[]> {
  const inTurn = createSlots(bound);
  const look = async (node: string): Promise<NodePlan> => {
    try {
      signal.throwIfAborted();
      return { node, plan: await connectAndLook(house, node, { signal, wanted }) };
    } catch (thrown) {
      return { node, error: toRecord(thrown) };
    }
  };
  return Promise.all(nodes.map((node) => inTurn(() => look(node))));
}

/** What can be wrong without the node is found out before it is reached. */
export async function connectAndLook(house: House, node: string, how: Omit<Look, "shell">): Promise<AssessedPlan> {
  await checkNode(house, node, how.wanted ?? {});
  const shell = await house.ssh.connect(node, await house.lifecycle.hostKeys(node));
  try {
    return await lookAtNode(house, node, { ...how, shell });
  } finally {
    await shell.close();
  }
}
