import type { Clock } from "../clock.ts";
import { type Db, loadOperation, type OperationRecord, type OperationRow } from "./records.ts";

export interface Takeover {
  readonly db: Db;
  readonly clock: Clock;
  readonly owner: string;
  readonly leaseMs: number;
  /** Is this process known to be gone, so that its lease need not run out first? */
  ownerGone(owner: string): boolean;
  /** Of this node only. */
  readonly node?: string | undefined;
}

export interface Taken {
  readonly row: OperationRow;
  readonly record: OperationRecord;
}

/** Takes what runs without a live controller. The fence goes up, so that the old one can write no more. */
export async function takeOver(takeover: Takeover): Promise<readonly Taken[]> {
  const { db } = takeover;
  const running = await db.selectFrom("operations").selectAll().where("state", "=", "running").execute();
  const taken: Taken[] = [];
  for (const orphan of running.filter((row) => mayTake(takeover, row))) {
    const row = await claim(takeover, orphan);
    if (row) taken.push({ row, record: await loadOperation(db, row) });
  }
  return taken;
}

const mayTake = (takeover: Takeover, row: OperationRow) =>
  row.owner !== takeover.owner && row.node === (takeover.node ?? row.node) && isOrphan(takeover, row);

/** A lease that ends later than any lease could is the wall clock's doing, and counts as run out. */
function isOrphan({ clock, leaseMs, ownerGone }: Takeover, { owner, lease_until }: OperationRow): boolean {
  const left = lease_until - clock.now().getTime();
  return left <= 0 || left > 4 * leaseMs || ownerGone(owner);
}

const claim = ({ db, clock, owner, leaseMs }: Takeover, orphan: OperationRow) =>
  db
    .updateTable("operations")
    .set({ owner, fence: orphan.fence + 1, lease_until: clock.now().getTime() + leaseMs })
    .where("id", "=", orphan.id)
    .where("fence", "=", orphan.fence)
    .where("state", "=", "running")
    .returningAll()
    .executeTakeFirst();
