import { systemClock as clock } from "../../src/clock.ts";
import type { Catalogue } from "../../src/converge/catalogue.ts";
import { describePlan } from "../../src/converge/describe.ts";
import { createLedger, type Ledger } from "../../src/converge/ledger.ts";
import { lookBack } from "../../src/converge/look-back.ts";
import { leftOver, planCatalogue } from "../../src/converge/plan.ts";
import { createRecorder } from "../../src/converge/recorder.ts";
import { applyRollback, planRollback } from "../../src/converge/rollback.ts";
import { keyOf, type RunRecord } from "../../src/converge/run-record.ts";
import { createRuns, type Runs } from "../../src/converge/runs.ts";
import { convergeMigrations } from "../../src/converge/tables.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import type { Shell } from "../../src/transport/shell.ts";

/** A controller's records in memory, and runs on web01 that go as lifecycle has them go: plan, apply, read again. */
export interface Records {
  readonly database: Database;
  readonly runs: Runs;
  readonly ledger: Ledger;
  /** Returns the stored run; what stops the run is in it, and isn't thrown. */
  converge(catalogue: Catalogue, shell: Shell, options?: { purge?: boolean; generation?: number }): Promise<RunRecord>;
  /** Returns what the rollback did, by reference. */
  rollBack(run: RunRecord, shell: Shell, options?: { force?: boolean }): Promise<RolledBack>;
  close(): Promise<void>;
}

export interface RolledBack {
  readonly outcomes: readonly string[];
  readonly notUndone: readonly string[];
  readonly onlyTheirFiles: readonly string[];
  /** What was shown before, line by line. */
  readonly shown: readonly string[];
  /** Its own stored run. */
  readonly run: RunRecord;
}

export async function openRecords(): Promise<Records> {
  const database = await openDatabase({ file: ":memory:", migrations: convergeMigrations, clock });
  const [runs, ledger] = [createRuns(database, clock), createLedger(database, clock)];
  return {
    database,
    runs,
    ledger,
    converge: async (catalogue, shell, { purge = false, generation = 1 } = {}) => {
      const installation = { node: "web01", generation };
      const by = "ada@ops1";
      const recorder = createRecorder({ runs, ledger, clock, installation, site: "demo", by, purge });
      const read = () => recorder.plan((extend) => planCatalogue(extend(catalogue), shell));
      try {
        const plan = await read();
        if (plan.planned.length > 0) {
          const report = await recorder.apply(plan, shell, { clock });
          if (report.outcome === "changed") leftOver((await read()).planned);
        }
      } catch {}
      return (await runs.find(recorder.run?.id ?? "")) as RunRecord;
    },
    rollBack: async (run, shell, { force = false } = {}) => {
      const files = (await lookBack(shell, keyOf(run))) ?? [];
      const entries = await ledger.read({ node: "web01", generation: 1 });
      const rollback = planRollback({ run, host: shell.name, files, ledger: entries, force });
      const begun = await runs.begin({ node: "web01", kind: "rollback", by: "ada@ops1", undoes: run.id });
      const results = await applyRollback(rollback, shell, { clock, run: "rollback", key: keyOf(begun) });
      const shown = describePlan(rollback.plan).map(({ text }) => text);
      const outcomes = results.map(({ outcome, reference }) => `${outcome} ${reference}`);
      const { notUndone, onlyTheirFiles } = rollback;
      return { outcomes, shown, notUndone, onlyTheirFiles, run: { ...begun, results: [], orphans: [] } };
    },
    close: () => database.close(),
  };
}
