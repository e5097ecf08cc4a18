import type { Insertable, Kysely, Selectable } from "kysely";
import type { Clock } from "../clock.ts";
import type { ErrorRecord } from "../errors.ts";
import type { Database } from "../store/database.ts";
import {
  type OrphanRecord,
  type RunKind,
  type RunOutcome,
  type RunRecord,
  type RunResult,
  type RunSummary,
  runName,
  runNumber,
} from "./run-record.ts";
import type { ConvergeTables } from "./tables.ts";

export interface RunStart {
  readonly node: string;
  readonly kind: RunKind;
  readonly by: string;
  readonly undoes?: string;
}

export interface RunEnding {
  readonly outcome: Exclude<RunOutcome, "unfinished">;
  readonly durationMs: number;
  readonly executions: number;
  readonly unchanged: number;
  readonly results: readonly RunResult[];
  readonly orphans: readonly OrphanRecord[];
  readonly error?: ErrorRecord | undefined;
}

/** The stored runs of a site. */
export interface Runs {
  /** Durable before anything is changed, so that its number is never given to another run. */
  begin(start: RunStart): Promise<RunSummary>;
  /** Also again, when more is known. */
  finish(id: string, ending: RunEnding): Promise<void>;
  find(id: string): Promise<RunRecord | undefined>;
  /** Newest first. */
  list(wanted: { readonly node?: string | undefined; readonly limit: number }): Promise<readonly RunSummary[]>;
}

/** Older ones of a node are dropped when a new one begins. */
const keptPerNode = 500;
const rowsAtOnce = 200;

export function createRuns(database: Database, clock: Clock): Runs {
  const db = database.tables<ConvergeTables>();
  return {
    begin: (start) => begin(db, clock, start),
    finish: (id, ending) => finish(db, numberOf(id), ending),
    find: async (id) => {
      const row = await db
        .selectFrom("converge_runs")
        .selectAll()
        .where("id", "=", runNumber(id) ?? -1)
        .executeTakeFirst();
      return row && { ...toSummary(row), results: await resultsOf(db, row.id), orphans: parse(row.orphans) };
    },
    list: async ({ node, limit }) => {
      const all = db.selectFrom("converge_runs").selectAll().orderBy("id", "desc").limit(limit);
      return (await (node === undefined ? all : all.where("node", "=", node)).execute()).map(toSummary);
    },
  };
}

type Db = Kysely<ConvergeTables>;

const parse = <T>(text: string) => JSON.parse(text) as T;

function numberOf(id: string): number {
  const number = runNumber(id);
  if (number === undefined) throw new TypeError(`${id} is not a run's name`);
  return number;
}

async function begin(db: Db, clock: Clock, { node, kind, by, undoes }: RunStart): Promise<RunSummary> {
  const row = {
    node,
    kind,
    by,
    started_at: clock.now().getTime(),
    duration_ms: null,
    outcome: "unfinished",
    executions: 0,
    unchanged: 0,
    undoes: undoes === undefined ? null : numberOf(undoes),
    orphans: "[]",
    error: null,
  };
  const begun = await db.insertInto("converge_runs").values(row).returningAll().executeTakeFirstOrThrow();
  await dropOld(db, node);
  return toSummary(begun);
}

async function dropOld(db: Db, node: string): Promise<void> {
  const own = db.selectFrom("converge_runs").select("id").where("node", "=", node);
  const oldest = await own.orderBy("id", "desc").offset(keptPerNode).limit(1).executeTakeFirst();
  if (!oldest) return;
  await db.deleteFrom("converge_runs").where("node", "=", node).where("id", "<=", oldest.id).execute();
}

async function finish(db: Db, id: number, ending: RunEnding): Promise<void> {
  const { outcome, durationMs, executions, unchanged, results, orphans, error } = ending;
  const rows = results.map((result, position) => toRow(result, id, position));
  await db.transaction().execute(async (transaction) => {
    const told = { outcome, executions, unchanged, duration_ms: Math.round(durationMs) };
    const texts = { orphans: JSON.stringify(orphans), error: error ? JSON.stringify(error) : null };
    await transaction
      .updateTable("converge_runs")
      .set({ ...told, ...texts })
      .where("id", "=", id)
      .execute();
    await transaction.deleteFrom("converge_results").where("run_id", "=", id).execute();
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      await transaction
        .insertInto("converge_results")
        .values(rows.slice(from, from + rowsAtOnce))
        .execute();
    }
  });
}

const toRow = (result: RunResult, runId: number, position: number): Insertable<ConvergeTables["converge_results"]> => {
  const { reference, role, outcome, certainty, cause, durationMs, error } = result;
  return {
    run_id: runId,
    position,
    reference,
    role,
    outcome,
    certainty,
    cause,
    declared: JSON.stringify(result.declared),
    because: JSON.stringify(result.because),
    changes: JSON.stringify(result.changes),
    duration_ms: Math.round(durationMs),
    error: error ? JSON.stringify(error) : null,
  };
};

async function resultsOf(db: Db, id: number): Promise<RunResult[]> {
  const rows = db.selectFrom("converge_results").selectAll().where("run_id", "=", id).orderBy("position");
  return (await rows.execute()).map((row) => ({
    reference: row.reference,
    role: row.role,
    declared: parse(row.declared),
    outcome: row.outcome as RunResult["outcome"],
    certainty: row.certainty as RunResult["certainty"],
    cause: row.cause as RunResult["cause"],
    because: parse(row.because),
    changes: parse(row.changes),
    durationMs: row.duration_ms,
    ...(row.error === null ? {} : { error: parse<ErrorRecord>(row.error) }),
  }));
}

const toSummary = (row: Selectable<ConvergeTables["converge_runs"]>): RunSummary => ({
  id: runName(row.id),
  node: row.node,
  kind: row.kind as RunKind,
  by: row.by,
  startedAt: new Date(row.started_at),
  durationMs: row.duration_ms ?? undefined,
  outcome: row.outcome as RunOutcome,
  executions: row.executions,
  unchanged: row.unchanged,
  undoes: row.undoes === null ? undefined : runName(row.undoes),
  error: row.error === null ? undefined : parse<ErrorRecord>(row.error),
});
