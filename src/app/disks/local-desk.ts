import { toRecord } from "../../errors.ts";
import { findNode } from "../../inventory/explain.ts";
import type { OperationRecord } from "../../lifecycle/records.ts";
import { diskStatus } from "../../raid/disk-status.ts";
import { ticket } from "../../raid/ticket.ts";
import { createSlots } from "../../transport/slots.ts";
import type { House } from "../local.ts";
import type { DiskDesk, NodeDisks } from "./desk.ts";
import { locateDisk } from "./locate.ts";
import { proposeSwap } from "./proposal.ts";
import { readDisks } from "./reading.ts";
import { abortSwap, swapDisk } from "./swap.ts";

/** Nodes that are read at the same time. */
const atOnce = 16;

/** The disk desk of a controller in this process. */
export function createDiskDesk(house: House): DiskDesk {
  return {
    status: async (names) => {
      const inTurn = createSlots(atOnce);
      const wanted = names.length > 0 ? names.map((name) => findNode(house.site.inventory, name).node.name) : undefined;
      return Promise.all((wanted ?? (await installedNodes(house))).map((node) => inTurn(() => nodeDisks(house, node))));
    },
    propose: (request) => proposeSwap(house, request),
    swap: (request, watch, signal) => swapDisk(house, { request, watch, signal }),
    locate: (request) => locateDisk(house, request),
    abort: (node, by) => abortSwap(house, node, by),
  };
}

/** Nodes with a system of ours. */
export async function installedNodes({ lifecycle, site }: House): Promise<string[]> {
  const statuses = await lifecycle.statuses();
  const ready = statuses.filter(({ node }) => node.phase === "ready" || node.phase === "active");
  return ready.map(({ node }) => node.name).filter((name) => site.inventory.nodes.has(name));
}

/** What can't be reached is said so, and doesn't hide the others. */
async function nodeDisks(house: House, node: string): Promise<NodeDisks> {
  const { rack } = findNode(house.site.inventory, node).node;
  const swap = runningSwap((await house.lifecycle.status(node))?.operation);
  const known = { node, ...(rack === undefined ? {} : { rack }), ...(swap ? { swap } : {}) };
  try {
    const { world, probes } = await readDisks(house, node, new AbortController().signal);
    const status = diskStatus(world, { probes });
    const text = ticket(world, status, known);
    return { ...known, status, ...(text === undefined ? {} : { ticket: text }) };
  } catch (thrown) {
    return { ...known, error: toRecord(thrown) };
  }
}

const runningSwap = (operation: OperationRecord | undefined) =>
  operation?.kind === "diskswap" && operation.state === "running" ? operation : undefined;
