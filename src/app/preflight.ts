import type { FleetNode } from "../converge/limit.ts";
import { ProvisionError } from "../errors.ts";
import type { Controller } from "./controller.ts";
import { type ConvergeWanted, catalogueRequest, checkCatalogue } from "./converge.ts";
import { selectorOf } from "./fleet.ts";
import type { LoadedSite } from "./site.ts";

export interface Preflight {
  readonly nodes: readonly FleetNode[];
  /** Chosen, and without anything that `--only` selects. */
  readonly without: readonly string[];
}

/**
 * Compiles every node's part before the first one is touched. A node that was named must have something selected; of
 * those that a limit chose, the ones without are left out, and said. Throws `selector-invalid`, `selection-empty` and
 * what is wrong with a node's roles.
 */
export function preflight(
  site: LoadedSite,
  chosen: readonly FleetNode[],
  { wanted, named }: { readonly wanted: ConvergeWanted; readonly named: boolean },
): Preflight {
  const selector = wanted.only === undefined ? undefined : selectorOf(wanted.only);
  const empty = new Map<string, ProvisionError>();
  for (const { name } of chosen) {
    try {
      checkCatalogue(catalogueRequest(site, name, wanted), selector);
    } catch (thrown) {
      if (named || !(thrown instanceof ProvisionError) || thrown.code !== "selection-empty") throw thrown;
      empty.set(name, thrown);
    }
  }
  const [first] = empty.values();
  if (first && empty.size === chosen.length) throw first;
  return { nodes: chosen.filter(({ name }) => !empty.has(name)), without: [...empty.keys()] };
}

/** Those of them that have a system of ours. If none has, all of them: then each says for itself what it lacks. */
export async function installedOf(
  controller: Pick<Controller, "status">,
  nodes: readonly FleetNode[],
): Promise<{ readonly nodes: readonly FleetNode[]; readonly notInstalled: readonly string[] }> {
  const phases = new Map((await controller.status()).map(({ name, status }) => [name, status?.node.phase]));
  const has = ({ name }: FleetNode) => ["ready", "active"].includes(phases.get(name) ?? "unknown");
  if (!nodes.some(has)) return { nodes, notInstalled: [] };
  return { nodes: nodes.filter(has), notInstalled: nodes.filter((node) => !has(node)).map(({ name }) => name) };
}
