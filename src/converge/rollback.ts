import type { Shell } from "../transport/shell.ts";
import { type ApplyOptions, carryOut } from "./apply.ts";
import type { AssessedPlan } from "./assessment.ts";
import type { Dependent, LedgerEntry } from "./ledger.ts";
import { type FileState, judgeFile, type ReplacedFile, stateWords } from "./look-back.ts";
import { ownersOf } from "./orphans.ts";
import type { PlannedItem } from "./plan.ts";
import type { ItemResult } from "./report.ts";
import type { Change, Item } from "./resource.ts";
import { rollbackShell } from "./rollback-shell.ts";
import { fail } from "./run-errors.ts";
import type { RunRecord } from "./run-record.ts";
import { call } from "./words.ts";

/** What a rollback would do, as a plan; its ids are places in `files`, then in `refreshes`. */
export interface Rollback {
  readonly plan: AssessedPlan;
  readonly files: readonly ReplacedFile[];
  /** Units that read one of the files, as far as the ledger knows. */
  readonly refreshes: readonly Dependent[];
  /** References of what the run changed and this doesn't undo. */
  readonly notUndone: readonly string[];
  /** Of these only the files come back, not what they set live. */
  readonly onlyTheirFiles: readonly string[];
}

export interface RollbackOptions {
  readonly run: RunRecord;
  readonly host: string;
  readonly files: readonly ReplacedFile[];
  readonly ledger: readonly LedgerEntry[];
  /** Also put back what was changed since; leave out what isn't kept. */
  readonly force: boolean;
}

/** Throws `rollback-refused` when something has changed since, or isn't kept. */
export function planRollback({ run, host, files, ledger, force }: RollbackOptions): Rollback {
  const judged = files.map((file) => ({ file, verdict: judgeFile(file) }));
  const refused = judged.filter(({ verdict }) => verdict === "changed since" || verdict === "not kept");
  if (refused.length > 0 && !force) {
    const paths = refused.map(({ file, verdict }) => `${file.path}: ${verdict}`);
    throw fail("rollback-refused", { run: run.id, host, paths });
  }
  const wanted = judged.filter(({ verdict }) => verdict === "restore" || verdict === "changed since");
  const restored = wanted.map(({ file }) => file).reverse();
  const hidden = new Set(run.results.filter(isSecret).map(({ reference }) => reference));
  const refreshes = refreshesOf(restored, ledger);
  const declared = { file: `run ${run.id}` };
  const planned = [
    ...restored.map((file, id) => {
      const owners = ownersOf(file.path, ledger);
      const secret = owners.some(({ reference }) => hidden.has(reference)) || hidden.has(`file[${file.path}]`);
      return planItem(itemOf(file, { id, role: owners[0]?.role ?? "rollback", declared }), changesOf(file, secret));
    }),
    ...refreshes.map(({ unit, how }, index) => {
      const item = { id: restored.length + index, type: "service", title: unit, role: "rollback", declared };
      return planItem(pseudoItem(item), [{ property: "inputs", to: how }]);
    }),
  ];
  const plan = asPlan(run.node, host, planned);
  return { plan, files: restored, refreshes, ...leftUndone(run, { files: restored, refreshes, ledger }) };
}

const isSecret = ({ changes }: RunRecord["results"][number]) =>
  changes.some(({ property, to }) => property === "content" && to.startsWith("***"));

function refreshesOf(files: readonly ReplacedFile[], ledger: readonly LedgerEntry[]): Dependent[] {
  const all = files.flatMap(({ path }) => ownersOf(path, ledger).flatMap(({ dependents }) => dependents));
  const units = [...new Set(all.map(({ unit }) => unit))];
  return units.map((unit) => {
    const restart = all.some((one) => one.unit === unit && one.how === "restart");
    return { unit, how: restart ? "restart" : "reload" };
  });
}

type Draft = Pick<Item, "id" | "type" | "title" | "role" | "declared">;

const pseudoItem = (draft: Draft): Item => ({
  ...draft,
  reference: `${draft.type}[${draft.title}]`,
  desired: null,
  inputs: { restart: "-", reload: "-" },
});

const itemOf = ({ path, before, now }: ReplacedFile, draft: Pick<Item, "id" | "role" | "declared">): Item =>
  pseudoItem({ ...draft, type: [before.kind, now.kind].includes("link") ? "link" : "file", title: path });

const planItem = (item: Item, changes: readonly Change[]): PlannedItem => ({
  item,
  changes,
  certainty: "seen",
  because: [],
  steps: [],
});

function changesOf({ before, now, texts }: ReplacedFile, secret: boolean): Change[] {
  const pairs = [
    ["ensure", presence(now), presence(before)],
    ["mode", now.mode, before.mode],
    ["owner", now.uid, before.uid],
    ["group", now.gid, before.gid],
  ] as const;
  const attributes = pairs.filter(([property, from, to]) => from !== to && (property === "ensure" || to !== "-"));
  const changes = attributes.map(([property, from, to]): Change => ({ property, from, to }));
  if (now.digest === before.digest) return changes;
  if (secret) return [...changes, { property: "content", from: "***", to: "*** (changed)" }];
  const names = { property: "content", from: short(now), to: short(before) };
  return [...changes, texts ? { ...names, text: { before: texts.now, after: texts.before } } : names];
}

const presence = ({ kind }: FileState) => (kind === "absent" ? "absent" : kind);
const short = ({ digest }: FileState) => (digest === "-" ? "none" : digest.slice(0, 12));

const asPlan = (node: string, host: string, planned: readonly PlannedItem[]): AssessedPlan => {
  const items = planned.map(({ item }) => item);
  return {
    node,
    host,
    planned,
    unchanged: 0,
    facts: {} as AssessedPlan["facts"],
    catalogue: { node, items, ancestors: new Map(), refreshes: new Map() },
    witness: "",
    readMs: 0,
    causes: new Map(items.map(({ id }) => [id, "intentional"])),
    orphans: [],
    taken: [],
    purged: [],
  };
};

/** Types whose whole effect is a file's content. */
const onlyFiles: ReadonlySet<string> = new Set([
  "authorized_key",
  "block",
  "cron",
  "file",
  "host_entry",
  "ini_setting",
  "known_host",
  "line",
  "link",
  "sudo_rule",
  "template",
]);

interface Undoing extends Pick<Rollback, "files" | "refreshes"> {
  readonly ledger: readonly LedgerEntry[];
}

function leftUndone(
  { results }: RunRecord,
  { files, refreshes, ledger }: Undoing,
): Pick<Rollback, "notUndone" | "onlyTheirFiles"> {
  const again = new Set(refreshes.map(({ unit }) => `service[${unit}]`));
  const owners = new Set(files.flatMap(({ path }) => ownersOf(path, ledger).map(({ reference }) => reference)));
  const changed = results.filter(({ outcome }) => ["done", "left", "unfinished"].includes(outcome));
  const open = changed
    .map(({ reference }) => reference)
    .filter((reference) => !again.has(reference) && !onlyFiles.has(typeNameOf(reference)));
  return {
    notUndone: open.filter((reference) => !owners.has(reference)),
    onlyTheirFiles: open.filter((reference) => owners.has(reference)),
  };
}

const typeNameOf = (reference: string) => reference.slice(0, reference.indexOf("["));

/**
 * The rollback as a program for `sh -s`; it holds no content, which is on the host already. What a service last started
 * with stays on record: it is another than any catalogue wants then, so that the next converge sees to it too.
 */
export function rollbackProgram({ files, refreshes, plan }: Rollback, who: { says: string; key: string }): string {
  const needs = files.map((_, index) => index).join(" ");
  const restores = files.map(({ path, now, before }, index) => {
    const { kind, mode, uid, gid, digest } = before;
    const back = call("put_back", path, stateWords(now), kind, mode, uid, gid, digest);
    return [`step_${index}() {`, back, "}"].join("\n");
  });
  const follow = refreshes.map(({ unit, how }, index) =>
    [`step_${files.length + index}() {`, call("refresh_now", unit, how), "}"].join("\n"),
  );
  const steps = plan.planned.map(({ item }) => `step ${item.id} ${item.id < files.length ? "" : needs}`);
  return `${rollbackShell}
${[...restores, ...follow].join("\n")}
main() {
${call("prepare", who.says, who.key)}
${steps.join("\n")}
finish
}
main </dev/null
`;
}

/** Puts the files back, in one execution. Throws as `applyPlan` does. */
export function applyRollback(rollback: Rollback, shell: Shell, options: ApplyOptions): Promise<readonly ItemResult[]> {
  const program = rollbackProgram(rollback, { says: options.run ?? "a rollback", key: options.key ?? "" });
  return carryOut({ plan: rollback.plan, program, shell, options });
}
