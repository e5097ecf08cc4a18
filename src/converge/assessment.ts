import type { Catalogue } from "./catalogue.ts";
import { causesOf } from "./causes.ts";
import type { LedgerEntry } from "./ledger.ts";
import { type Orphans, orphanRecords, orphansOf, withPurge } from "./orphans.ts";
import type { Plan } from "./plan.ts";
import type { Cause, OrphanRecord } from "./run-record.ts";

/** A plan beside what earlier runs left: why each thing has to change, and what nobody wants any more. */
export interface AssessedPlan extends Plan {
  /** By id of the planned item. */
  readonly causes: ReadonlyMap<number, Cause>;
  /** What stays on the host although no role declares it; what this plan removes is not among them. */
  readonly orphans: readonly OrphanRecord[];
  /** References in the ledger that are another resource's now. */
  readonly taken: readonly string[];
  /** References that are in the plan's catalogue only to be removed. */
  readonly purged: readonly string[];
}

/** Compiles, reads and compares; the catalogue goes through `extend` before it is read. */
export type Reading = (extend: (catalogue: Catalogue) => Catalogue) => Promise<Plan>;

/** Makes a plan and judges it by the ledger. With `purge` it also removes what is left over and can be removed. */
export async function assess(
  read: Reading,
  { ledger, purge }: { readonly ledger: readonly LedgerEntry[]; readonly purge: boolean },
): Promise<AssessedPlan> {
  let orphans: Orphans = { left: [], taken: [] };
  const plan = await read((catalogue) => {
    orphans = orphansOf(ledger, catalogue);
    return purge ? withPurge(catalogue, orphans) : catalogue;
  });
  const goes = ({ removal }: OrphanRecord) => purge && removal === "purge";
  const records = orphanRecords(orphans);
  return {
    ...plan,
    causes: causesOf(plan.planned, ledger),
    orphans: records.filter((one) => !goes(one)),
    taken: orphans.taken,
    purged: records.filter(goes).map(({ reference }) => reference),
  };
}
