import { type ProvisionError, toRecord } from "../errors.ts";
import type { Admitted } from "./admission.ts";
import { fail } from "./errors.ts";
import { type Active, type House, publish, type RunningOperation, remember } from "./house.ts";
import { createInbox } from "./inbox.ts";
import { createJournal } from "./journal.ts";
import type { OperationKind, StepState } from "./phases.ts";
import { type OperationRow, operationsBefore } from "./records.ts";
import { type Run, runOperation } from "./runner.ts";
import type { OperationStart, Parameters } from "./step.ts";

export interface Launch extends Pick<Admitted, "row" | "steps"> {
  readonly states: readonly StepState[];
  readonly resumed: boolean;
  readonly earlier?: Run["earlier"];
}

/** Starts the runner, and keeps its lease while it runs. */
export function launch(house: House, { row, steps, states, resumed, earlier }: Launch): RunningOperation {
  const { clock, log, db, leaseMs } = house;
  const journal = createJournal({ db, clock, leaseMs, row, steps, states, publish: (event) => publish(house, event) });
  const inbox = createInbox(clock, row.last_milestone ?? undefined);
  const abort = new AbortController();
  const start = startOf(row);
  const phase = () => house.situations.get(row.node)?.phase ?? "unknown";
  const ready = remember(house, row.node);
  const run: Run = {
    ...{ clock, log, journal, inbox, start, steps, resumed, earlier, phase, signal: abort.signal },
    operationsBefore: () => operationsBefore(db, row),
    whyLost: () => whyLost(house, row),
  };
  const finished = ready.then(() => runOperation(run)).finally(() => settle(house, active));
  const { id, node, generation } = row;
  const active: Active = { id, node, kind: row.kind as OperationKind, generation, finished, journal, inbox, abort };
  house.active.set(node, active);
  keepLease(house, active);
  return active;
}

export const startOf = ({ node, id, generation, by, parameters }: OperationRow): OperationStart => ({
  ...{ node, operationId: id, generation, by },
  parameters: JSON.parse(parameters) as Parameters,
});

async function settle(house: House, active: Active): Promise<void> {
  if (house.active.get(active.node) === active) house.active.delete(active.node);
  active.abort.abort(fail("operation-lost", { node: active.node }));
  await remember(house, active.node).catch(() => house.situations.delete(active.node));
}

/** Renews at a third of the lease. Lost for good: stop. Only not written: go on until the lease would have run out. */
function keepLease(house: House, active: Active): void {
  const { clock, leaseMs, log } = house;
  const { signal } = active.abort;
  let renewedMs = clock.monotonicMs();
  const tick = async () => {
    if (signal.aborted) return;
    try {
      await active.journal.renew();
      renewedMs = clock.monotonicMs();
    } catch (error) {
      const { code, message } = toRecord(error);
      log.warn("an operation's lease could not be renewed", { node: active.node, code, message });
      if (code === "operation-lost") return active.abort.abort(await whyLost(house, active.journal.row));
      if (clock.monotonicMs() - renewedMs >= leaseMs)
        return active.abort.abort(fail("operation-lost", { node: active.node }));
    }
    schedule();
  };
  const schedule = () => {
    const callOff = clock.after(leaseMs / 3, () => void tick());
    signal.addEventListener("abort", callOff, { once: true });
  };
  schedule();
}

/** Another process may have cancelled it: then that is what happened. */
async function whyLost({ db }: House, { id, node }: OperationRow): Promise<ProvisionError> {
  const row = await db.selectFrom("operations").select("state").where("id", "=", id).executeTakeFirst();
  if (row?.state !== "cancelled") return fail("operation-lost", { node });
  return fail("operation-cancelled", { node, by: "another process" });
}
