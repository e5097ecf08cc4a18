import type { Ledger } from "../converge/ledger.ts";
import { lookBack } from "../converge/look-back.ts";
import { applyRollback, planRollback, type Rollback } from "../converge/rollback.ts";
import { fail } from "../converge/run-errors.ts";
import { keyOf, type RunRecord } from "../converge/run-record.ts";
import { heardFrom, listenIn, runResults } from "../converge/run-results.ts";
import type { Runs } from "../converge/runs.ts";
import { toRecord } from "../errors.ts";
import type { Shell } from "../transport/shell.ts";
import { createLocalController, type House } from "./local.ts";
import { installationOf, runBook } from "./recording.ts";
import type { Surroundings } from "./surroundings.ts";

export interface RollbackRequest {
  readonly run: string;
  /** Must be the run's node, if it is said. */
  readonly node?: string | undefined;
  readonly by: string;
  readonly force: boolean;
  /** Shows what it would do, and does nothing. */
  readonly planOnly: boolean;
  readonly signal: AbortSignal;
  /** Called before anything is changed. */
  show(rollback: Rollback): void;
}

export interface RollbackResult {
  readonly undone: RunRecord;
  readonly rollback: Rollback;
  /** Its own run; none when nothing was left to put back, or nothing was to be done. */
  readonly run: RunRecord | undefined;
}

/**
 * Puts back the files and links that a run replaced.
 * @throws `run-unknown`, `run-of-another-node`, `run-not-kept`, `rollback-refused`, and what connecting and applying throw
 */
export async function rollBack(around: Surroundings, request: RollbackRequest): Promise<RollbackResult> {
  const controller = await createLocalController(around);
  const { house } = controller;
  try {
    const undone = await findRun(runBook(house).runs, request);
    const shell = await house.ssh.connect(undone.node, await house.lifecycle.hostKeys(undone.node));
    try {
      return await onHost(house, { request, undone, shell });
    } finally {
      await shell.close();
    }
  } finally {
    await controller.close();
  }
}

async function findRun(runs: Runs, { run, node }: RollbackRequest): Promise<RunRecord> {
  const found = await runs.find(run);
  if (!found) throw fail("run-unknown", { run });
  if (node !== undefined && node !== found.node)
    throw fail("run-of-another-node", { run: found.id, node, of: found.node });
  return found;
}

interface OnHost {
  readonly request: RollbackRequest;
  readonly undone: RunRecord;
  readonly shell: Shell;
}

async function onHost(house: House, { request, undone, shell }: OnHost): Promise<RollbackResult> {
  const { runs, ledger } = runBook(house);
  const entries = await ledger.read(await installationOf(house, undone.node));
  const rollback = await readRollback(shell, { undone, ledger: entries, force: request.force });
  request.show(rollback);
  if (request.planOnly || rollback.plan.planned.length === 0) return { undone, rollback, run: undefined };
  request.signal.throwIfAborted();
  const recorded = { runs, clock: house.around.clock, site: house.site.inventory.site.name };
  return { undone, rollback, run: await carryOutRecorded({ ...recorded, request, undone, shell, rollback }) };
}

interface ReadRollback {
  readonly undone: RunRecord;
  readonly ledger: Awaited<ReturnType<Ledger["read"]>>;
  readonly force: boolean;
}

/** What the host kept of the run, as a plan. Throws `run-not-kept` and `rollback-refused`. */
export async function readRollback(shell: Shell, { undone, ledger, force }: ReadRollback): Promise<Rollback> {
  const files = await lookBack(shell, keyOf(undone));
  if (!files) throw fail("run-not-kept", { run: undone.id, host: shell.name });
  return planRollback({ run: undone, host: shell.name, files, ledger, force });
}

interface Recorded extends OnHost {
  readonly runs: Runs;
  readonly clock: House["around"]["clock"];
  readonly site: string;
  readonly rollback: Rollback;
}

/** A rollback is a run like others: stored, and itself to be rolled back. */
export async function carryOutRecorded(recorded: Recorded): Promise<RunRecord> {
  const { runs, clock, site, request, undone, shell, rollback } = recorded;
  const startedMs = clock.monotonicMs();
  const begun = await runs.begin({ node: undone.node, kind: "rollback", by: request.by, undoes: undone.id });
  const { heard, onEvent } = listenIn(() => {});
  const about = () => ({
    durationMs: clock.monotonicMs() - startedMs,
    ...{ executions: 2, unchanged: 0, orphans: [] },
  });
  try {
    const says = `rollback ${begun.id} of site ${site} by ${request.by}`;
    const options = { clock, run: says, key: keyOf(begun), onEvent, signal: request.signal };
    const results = await applyRollback(rollback, shell, options);
    const outcome = results.every((one) => one.outcome === "done") ? "changed" : "failed";
    await runs.finish(begun.id, { ...about(), outcome, results: runResults(rollback.plan, heardFrom(results)) });
  } catch (thrown) {
    const results = runResults(rollback.plan, heard);
    await runs.finish(begun.id, { ...about(), outcome: "broken", results, error: toRecord(thrown) });
    throw thrown;
  }
  return (await runs.find(begun.id)) as RunRecord;
}
