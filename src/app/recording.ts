import { type AssessedPlan, assess, type Reading } from "../converge/assessment.ts";
import { countCauses } from "../converge/causes.ts";
import { createLedger, type Installation, type Ledger } from "../converge/ledger.ts";
import { createRecorder, type Recorder } from "../converge/recorder.ts";
import type { RunSummary } from "../converge/run-record.ts";
import { createRuns, type Runs } from "../converge/runs.ts";
import type { ConvergeCall } from "../lifecycle/operations/converge.ts";
import type { Foundations, House } from "./local.ts";

/** What a site remembers of its runs. */
export interface RunBook {
  readonly runs: Runs;
  readonly ledger: Ledger;
}

export function runBook({ database, around }: Pick<Foundations, "database" | "around">): RunBook {
  return { runs: createRuns(database, around.clock), ledger: createLedger(database, around.clock) };
}

/** A converge of lifecycle's, stored as a run; its number is told to who waits for the result. */
export function recordConverge(house: Foundations, node: string, call: ConvergeCall): Recorder {
  const { by, generation, parameters } = call;
  const recorder = createRecorder({
    ...runBook(house),
    clock: house.around.clock,
    installation: { node, generation },
    site: house.site.inventory.site.name,
    by,
    purge: parameters.purge === true,
  });
  return {
    get run() {
      return recorder.run;
    },
    plan: async (read) => {
      try {
        return await recorder.plan(read);
      } finally {
        if (recorder.run) house.latestRuns.set(node, recorder.run.id);
      }
    },
    apply: recorder.apply,
  };
}

/** A plan of a node that nobody acts on, judged by what is known of earlier runs. */
export async function assessNode(house: House, node: string, read: Reading): Promise<AssessedPlan> {
  return assess(read, { ledger: await runBook(house).ledger.read(await installationOf(house, node)), purge: false });
}

export async function installationOf({ lifecycle }: House, node: string): Promise<Installation> {
  return { node, generation: (await lifecycle.status(node))?.node.generation ?? 0 };
}

/** `run r000123: 3 to change (2 intentional, 1 corrective), 97 as they should be; 1 orphan`. */
export function summarizeRun({ planned, unchanged, causes, orphans }: AssessedPlan, run?: RunSummary): string {
  const named = run ? `run ${run.id}: ` : "";
  const left = orphans.length > 0 ? `; ${orphans.length} orphan${orphans.length > 1 ? "s" : ""} of earlier runs` : "";
  if (planned.length === 0) return `${named}${unchanged} resources, all as they should be${left}`;
  return `${named}${planned.length} to change (${countCauses(causes.values())}), ${unchanged} as they should be${left}`;
}
