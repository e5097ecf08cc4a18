import { Secret } from "../secret.ts";
import { quoteArgv, quoteSh } from "../transport/quote.ts";
import { applyShell } from "./apply-shell.ts";
import { aptShell } from "./apt-shell.ts";
import type { Plan, PlannedItem } from "./plan.ts";
import { witnessFunctions } from "./read-program.ts";
import { resourceTypes, typeShell } from "./resources/list.ts";
import type { CallStep, ServiceStep, Step, WriteStep } from "./step.ts";
import { waves } from "./waves.ts";
import { call } from "./words.ts";

/** Who changes the host. */
export interface ApplyingRun {
  /** As a second run hears it: `run r000123 of site demo by ada@ops1`. */
  readonly says: string;
  /** Under which the host keeps what this run replaces; empty: nothing is kept, and nothing can be rolled back. */
  readonly key: string;
}

/**
 * The whole plan as one program for `sh -s`, payloads and all: it holds secrets and must travel on stdin. `main` is
 * called on the last line, so that a program that arrived in part does nothing.
 */
export function applyProgram(plan: Plan, { says, key }: ApplyingRun): string {
  const places = new Map(plan.planned.map(({ item }, place) => [item.id, place]));
  const needs = new Map(plan.planned.map(({ item }) => [item.id, needsOf(plan, item.id, places)]));
  const list = (id: number) => (needs.get(id) ?? []).join(" ");
  const calls = waves(plan).map((wave) =>
    wave.kind === "packages"
      ? call("wave", ...wave.members.map(({ item, steps }) => packageWord(item.id, steps)))
      : `step ${wave.planned.item.id} ${list(wave.planned.item.id)}`,
  );
  const [packages, single] = [true, false].map((wanted) =>
    plan.planned.filter(({ item }) => (item.type === "package") === wanted),
  ) as [PlannedItem[], PlannedItem[]];
  return `${witnessFunctions(plan.planned.map(({ item }) => item))}
${applyShell}${aptShell}${typeShell(
  plan.planned.map(({ item }) => item.type),
  "apply",
)}
${packages.flatMap(({ item }) => commitOf(plan, item.id).lines).join("\n")}
${single.map((one) => stepFunction(plan, one)).join("\n")}
main() {
${call("prepare", says, key)}
${call("agree", plan.witness)}
${plan.planned.map(({ item }) => `needs_${item.id}='${list(item.id)}'`).join("\n")}
${calls.join("\n")}
finish
}
main </dev/null
`;
}

/** What else in this plan it stands on, through whatever lies between, in the order of the plan. */
function needsOf({ catalogue }: Plan, id: number, places: ReadonlyMap<number, number>): number[] {
  const placeOf = (one: number) => places.get(one) ?? -1;
  return [...(catalogue.ancestors.get(id) ?? [])]
    .filter((one) => places.has(one))
    .sort((one, other) => placeOf(one) - placeOf(other));
}

function packageWord(id: number, steps: readonly Step[]): string {
  const step = steps.find(({ kind }) => kind === "package");
  if (step?.kind !== "package") throw new TypeError("a package's only step is a package step");
  const { action, provider = "-", name, version = "*", hold, allowDowngrade } = step;
  const held = hold === undefined ? "-" : yesNo(hold);
  return [id, action, provider, name, version, held, yesNo(allowDowngrade ?? false)].join(" ");
}

function stepFunction(plan: Plan, { item, steps }: PlannedItem): string {
  const validations = steps.flatMap((step) => {
    const argv = validationOf(step);
    return argv ? [validateFunction(item.id, argv)] : [];
  });
  const { commit, lines: commits } = commitOf(plan, item.id);
  // The replacement of a file commits by itself, after its validation; whatever else changes an input, commits first.
  const first = steps.some(swaps) ? [] : [commit];
  const body = [...first, ...steps.map((step) => compileStep({ id: item.id, commit }, step))];
  return [...validations, ...commits, `step_${item.id}() {`, ...body, "}"].join("\n");
}

/** The function that makes the refreshes due of which this item is an input, and what it is called; `:` without any. */
function commitOf(plan: Plan, id: number): { readonly commit: string; readonly lines: readonly string[] } {
  const outdated = (["restart", "reload"] as const).flatMap((kind) => {
    const units = dependentUnits(plan, id, kind);
    return units.length > 0 ? [call("outdate", kind, ...units)] : [];
  });
  if (outdated.length === 0) return { commit: ":", lines: [] };
  return { commit: `commit_${id}`, lines: [`commit_${id}() {`, ...outdated, "}"] };
}

const swaps = (step: Step) => step.kind === "write" || (step.kind === "call" && step.swaps !== undefined);

const validationOf = (step: Step) =>
  step.kind === "write" ? step.validate : step.kind === "call" ? step.swaps?.validate : undefined;

/** Also those that a selection leaves out: they are refreshed by the next run of the whole. */
function dependentUnits({ catalogue }: Plan, id: number, kind: "restart" | "reload"): string[] {
  const refreshed = new Set([...catalogue.refreshes].flatMap(([own, by]) => (by[kind].includes(id) ? [own] : [])));
  if (refreshed.size === 0) return [];
  return [...catalogue.items, ...(catalogue.outside ?? [])]
    .filter((item) => refreshed.has(item.id))
    .flatMap((item) => resourceTypes.find(({ name }) => name === item.type)?.inputsRecord?.(item.title) ?? []);
}

const validateFunction = (id: number, argv: readonly string[]) =>
  `check_${id}() { ${argv.map((word, index) => substitute(word, index)).join(" ")}; }`;

const substitute = (word: string, index: number) =>
  word.includes("%")
    ? word
        .split("%")
        .map((part) => (part ? quoteSh(part) : ""))
        .join('"$1"')
    : index === 0
      ? quoteArgv([word])
      : quoteSh(word);

function compileStep({ id, commit }: { id: number; commit: string }, step: Step): string {
  switch (step.kind) {
    case "run":
      return step.unless ? `${quoteArgv(step.unless)} || ${quoteArgv(step.argv)}` : quoteArgv(step.argv);
    case "write":
      return write(step, step.validate ? `check_${id}` : "", commit);
    case "remove":
      return call("take_away", step.path);
    case "link":
      return call("put_link", step.path, step.target);
    case "service":
      return service(step);
    case "call":
      return `${step.swaps ? `check=${step.swaps.validate ? `check_${id}` : ""} commit=${commit}\n` : ""}${callWithPayload(step)}`;
    case "package":
      throw new TypeError("packages go in waves");
    default:
      return step satisfies never;
  }
}

function write({ path, mode, owner, group, content }: WriteStep, check: string, commit: string): string {
  return withPayload(call("put", path, mode, owner, group, check, commit), content);
}

const callWithPayload = ({ function: name, words, payload }: CallStep) =>
  payload === undefined ? call(name, ...words) : withPayload(call(name, ...words), payload);

/** The payload as base64 in a here-document: it never is an argument of a process. */
function withPayload(command: string, content: string | Secret | Uint8Array): string {
  const text = content instanceof Secret ? content.reveal() : content;
  return `${command} <<'@'\n${Buffer.from(text)
    .toString("base64")
    .replaceAll(/.{1,76}/g, "$&\n")}@`;
}

const yesNo = (value: boolean | undefined) => (value === undefined ? "any" : value ? "yes" : "no");

const service = ({ unit, enabled, running, masked, restart, reload }: ServiceStep) =>
  call("ensure_service", unit, yesNo(enabled), yesNo(running), yesNo(masked), restart, reload);
