import type { AssessedPlan } from "../converge/assessment.ts";
import { leftOver } from "../converge/plan.ts";
import type { RunRecord } from "../converge/run-record.ts";
import { runResults } from "../converge/run-results.ts";
import type { RunEnding } from "../converge/runs.ts";
import { toRecord } from "../errors.ts";
import { createSlots } from "../transport/slots.ts";
import { chosenNodes } from "./fleet.ts";
import { createLocalController, type House } from "./local.ts";
import { connectAndLook } from "./node-plan.ts";
import { runBook } from "./recording.ts";
import type { Surroundings } from "./surroundings.ts";

export interface DriftRequest {
  /** None: all that are installed. */
  readonly nodes: readonly string[];
  readonly limit?: string | undefined;
  readonly by: string;
  readonly signal: AbortSignal;
  /** As soon as a node is known. */
  readonly onNode?: (run: RunRecord) => void;
}

export interface Drift {
  /** One stored run for each node that was asked, in the inventory's order. */
  readonly runs: readonly RunRecord[];
  /** Chosen, and with no system of ours on them yet. */
  readonly notInstalled: readonly string[];
}

/** Nodes that are looked at at the same time. */
const atOnce = 16;

/** Looks at many nodes and changes nothing. What can't be reached is a run with an error, not an exception. */
export async function checkDrift(around: Surroundings, request: DriftRequest): Promise<Drift> {
  const controller = await createLocalController(around);
  const { house } = controller;
  try {
    const { nodes: names, limit } = request;
    const chosen = chosenNodes(house.site, { names, limit, all: true, max: undefined, verb: "drift" });
    const installed = new Set<string>();
    for (const { name } of chosen) if (names.includes(name) || (await isInstalled(house, name))) installed.add(name);
    const inTurn = createSlots(atOnce);
    const asked = chosen.filter(({ name }) => installed.has(name));
    const runs = await Promise.all(asked.map(({ name }) => inTurn(() => checkNode(house, name, request))));
    return { runs, notInstalled: chosen.map(({ name }) => name).filter((name) => !installed.has(name)) };
  } finally {
    await controller.close();
  }
}

async function isInstalled({ lifecycle }: House, node: string): Promise<boolean> {
  return ["ready", "active"].includes((await lifecycle.status(node))?.node.phase ?? "unknown");
}

async function checkNode(house: House, node: string, { by, signal, onNode }: DriftRequest): Promise<RunRecord> {
  const { clock } = house.around;
  const { runs } = runBook(house);
  const startedMs = clock.monotonicMs();
  const { id } = await runs.begin({ node, kind: "drift", by });
  const found = await look(house, node, signal);
  await runs.finish(id, { ...found, durationMs: clock.monotonicMs() - startedMs });
  const run = await runs.find(id);
  if (!run) throw new TypeError(`run ${id} was stored a moment ago`);
  onNode?.(run);
  return run;
}

async function look(house: House, node: string, signal: AbortSignal): Promise<Omit<RunEnding, "durationMs">> {
  try {
    signal.throwIfAborted();
    return endingOf(await connectAndLook(house, node, { signal }));
  } catch (thrown) {
    const error = toRecord(thrown);
    return { outcome: "broken", executions: 0, unchanged: 0, results: [], orphans: [], error };
  }
}

function endingOf(plan: AssessedPlan): Omit<RunEnding, "durationMs"> {
  const { unchanged, orphans } = plan;
  const outcome = leftOver(plan.planned).length > 0 ? "differs" : "unchanged";
  return { outcome, executions: 1, unchanged, results: runResults(plan, new Map()), orphans };
}
