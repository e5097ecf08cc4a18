import { findNode } from "../../inventory/explain.ts";
import { createDiskSwap } from "../../lifecycle/operations/diskswap/operation.ts";
import { judgeSwap } from "../../raid/gates/judge-swap.ts";
import { fail } from "../errors.ts";
import type { House } from "../local.ts";
import type { SwapProposal, SwapRequest } from "./desk.ts";
import { createDiskMemory } from "./memory.ts";
import { diskSwapParts } from "./parts.ts";
import { readDisks } from "./reading.ts";
import { subjectOf } from "./subject.ts";

/**
 * Looks at the node and asks every gate. Nothing is touched.
 * @throws `disk-unknown`, `disk-several`, `disk-without-serial`, `keeper-hot-only`, `waiver-unknown`, and what SSH throws
 */
export async function proposeSwap(house: House, request: SwapRequest): Promise<SwapProposal> {
  const { node: name, mode, waivers, acceptsDataLoss } = request;
  const { node } = findNode(house.site.inventory, name);
  const { world, probes } = await readDisks(house, name, new AbortController().signal);
  const recorded = await createDiskMemory(house.database).whole(name);
  const meant = { node: name, word: request.disk, remembered: recorded };
  const { plan, keeper, gates } = subjectOf(world, meant, { mode, hotSwap: node.hotSwap, recorded });
  const parts = diskSwapParts(house, () => house.lifecycle);
  const surroundings = { ...(await parts.surroundings(name)), acceptsDataLoss };
  const { findings, verdict, unknownWaivers } = judgeSwap({ world, plan, probes, surroundings }, waivers, gates);
  if (unknownWaivers.length > 0) throw fail("waiver-unknown", { words: unknownWaivers, known: waiversOf(findings) });
  const kept = keeper ? { keeper: { ...keeper } } : {};
  const start = {
    node: name,
    operationId: 0,
    generation: 0,
    by: request.by,
    parameters: { disk: plan.target.serial, mode: plan.mode, ...kept },
  };
  const all = createDiskSwap(parts)(start).map(({ name: step, label }) => ({ name: step, label }));
  const steps = all.filter((step) => step.name !== "approve");
  return { node: name, plan, ...kept, findings, verdict, probes, steps };
}

const waiversOf = (findings: SwapProposal["findings"]) => findings.flatMap(({ waiver }) => (waiver ? [waiver] : []));
