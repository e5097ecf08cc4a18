import type { Plan, PlannedItem } from "./plan.ts";

/** A single resource's steps, or the packages that one transaction installs together. */
export type Wave =
  | { readonly kind: "single"; readonly planned: PlannedItem }
  | { readonly kind: "packages"; readonly members: readonly PlannedItem[] };

/**
 * The plan in the order of the work, with later packages drawn into the first transaction that they may join: nothing
 * that they wait for is left to do, and nothing but packages stands before them in their own role.
 */
export function waves(plan: Pick<Plan, "planned" | "catalogue">): Wave[] {
  const done = new Set<number>();
  const result: Wave[] = [];
  for (const planned of plan.planned) {
    if (done.has(planned.item.id)) continue;
    const members = planned.item.type === "package" ? joiners(plan, planned, done) : [planned];
    for (const { item } of members) done.add(item.id);
    result.push(planned.item.type === "package" ? { kind: "packages", members } : { kind: "single", planned });
  }
  return result;
}

function joiners(
  { planned, catalogue }: Pick<Plan, "planned" | "catalogue">,
  first: PlannedItem,
  done: ReadonlySet<number>,
) {
  const members = [first];
  const settled = new Set([...done, first.item.id]);
  const open = new Set(planned.map(({ item }) => item.id).filter((id) => !settled.has(id)));
  // Roles of which something stands before the candidate and is left to do.
  const held = new Set<string>();
  for (const candidate of planned) {
    const { id, type, role } = candidate.item;
    if (!open.has(id)) continue;
    const waits = () => [...(catalogue.ancestors.get(id) ?? [])].some((ancestor) => open.has(ancestor));
    if (type !== "package" || held.has(role) || waits()) {
      held.add(role);
      continue;
    }
    members.push(candidate);
    open.delete(id);
  }
  return members;
}
