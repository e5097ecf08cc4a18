import type { AssessedPlan } from "../converge/assessment.ts";
import type { Shell } from "../transport/shell.ts";
import { catalogueRequest, planNode } from "./converge.ts";
import type { House } from "./local.ts";
import { assessNode } from "./recording.ts";

/** Compares a node with its roles and with what is known of earlier runs; changes and stores nothing. */
export function lookAtNode(
  house: House,
  node: string,
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
): Promise<AssessedPlan> {
  return assessNode(house, node, (extend) => planNode(catalogueRequest(house.site, node), shell, { signal, extend }));
}
