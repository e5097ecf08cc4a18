import { findNode } from "../../inventory/explain.ts";
import { createDiskSwap } from "../../lifecycle/operations/diskswap/operation.ts";
import { judgeSwap } from "../../raid/gates/judge-swap.ts";
import { makePlan } from "../../raid/make-plan.ts";
import { resolveTarget } from "../../raid/target.ts";
import type { World } from "../../raid/world.ts";
import { fail } from "../errors.ts";
import type { House } from "../local.ts";
import type { SwapProposal, SwapRequest } from "./desk.ts";
import { createDiskMemory } from "./memory.ts";
import { diskSwapParts } from "./parts.ts";
import { readDisks } from "./reading.ts";

/**
 * Looks at the node and asks every gate. Nothing is touched.
 * @throws `disk-unknown`, `disk-several`, `disk-without-serial`, `waiver-unknown`, and what SSH throws
 */
export async function proposeSwap(house: House, request: SwapRequest): Promise<SwapProposal> {
  const { node: name, mode, waivers, acceptsDataLoss } = request;
  const { node } = findNode(house.site.inventory, name);
  const { world, probes } = await readDisks(house, name, new AbortController().signal);
  const recorded = await createDiskMemory(house.database).whole(name);
  const serial = serialOf(world, { node: name, word: request.disk, remembered: recorded });
  const plan = makePlan(world, serial, { mode, hotSwap: node.hotSwap, recorded });
  const parts = diskSwapParts(house, () => house.lifecycle);
  const surroundings = { ...(await parts.surroundings(name)), acceptsDataLoss };
  const { findings, verdict, unknownWaivers } = judgeSwap({ world, plan, probes, surroundings }, waivers);
  if (unknownWaivers.length > 0) throw fail("waiver-unknown", { words: unknownWaivers, known: waiversOf(findings) });
  const start = {
    node: name,
    operationId: 0,
    generation: 0,
    by: request.by,
    parameters: { disk: serial, mode: plan.mode },
  };
  const steps = createDiskSwap(parts)(start).map(({ name: step, label }) => ({ name: step, label }));
  return { node: name, plan, findings, verdict, probes, steps };
}

const waiversOf = (findings: SwapProposal["findings"]) => findings.flatMap(({ waiver }) => (waiver ? [waiver] : []));

export interface Meant {
  readonly node: string;
  readonly word: string;
  /** An earlier world, which knows disks that are gone. */
  readonly remembered?: World | undefined;
}

/** The one disk that is meant. @throws `disk-unknown`, `disk-several`, `disk-without-serial` */
export function serialOf(world: World, { node, word, remembered }: Meant): string {
  const found = resolveTarget(world, word, remembered);
  switch (found.kind) {
    case "disk":
      return found.serial;
    case "none":
      throw fail("disk-unknown", { node, word, known: world.disks.flatMap(({ serial }) => (serial ? [serial] : [])) });
    case "several":
      throw fail("disk-several", { node, word, candidates: found.candidates });
    case "no-serial":
      throw fail("disk-without-serial", { node, word });
    default:
      return found satisfies never;
  }
}
