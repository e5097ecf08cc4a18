import { type LoadResult, loadInventory } from "../inventory/load.ts";
import { knownRoles } from "./roles.ts";

export type LoadedSite = Extract<LoadResult, { kind: "loaded" }>;

/**
 * The inventory of a site, its roles' parameters checked with it.
 * @throws AggregateError with every problem found, each a ProvisionError with its place
 */
export function readSite(folder: string): LoadedSite {
  const result = loadInventory(folder, { roles: knownRoles });
  if (result.kind === "invalid") throw new AggregateError(result.problems, "the inventory is invalid");
  return result;
}
