import { isSameDesired, type LedgerEntry } from "./ledger.ts";
import type { PlannedItem } from "./plan.ts";
import type { Cause } from "./run-record.ts";

/** Why each planned resource has to change, by its id. */
export function causesOf(planned: readonly PlannedItem[], ledger: readonly LedgerEntry[]): ReadonlyMap<number, Cause> {
  const known = new Map(ledger.map((entry) => [entry.reference, entry]));
  return new Map(planned.map((one) => [one.item.id, causeOf(one, known)]));
}

function causeOf({ item, certainty }: PlannedItem, known: ReadonlyMap<string, LedgerEntry>): Cause {
  if (certainty === "unknown") return "unknown";
  if (known.size === 0) return "initial";
  const entry = known.get(item.reference);
  return entry && isSameDesired(entry, item) ? "corrective" : "intentional";
}

/** `2 corrective, 1 intentional`; empty for nothing. */
export function countCauses(causes: Iterable<Cause>): string {
  const counts = new Map<Cause, number>();
  for (const cause of causes) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  const order = ["corrective", "intentional", "initial", "unknown"] as const;
  return order.flatMap((cause) => (counts.has(cause) ? [`${counts.get(cause)} ${cause}`] : [])).join(", ");
}
