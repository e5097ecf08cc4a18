import { formatPlace, type Place } from "../errors.ts";
import type { AssessedPlan } from "./assessment.ts";
import { countCauses } from "./causes.ts";
import type { Plan, PlannedItem } from "./plan.ts";
import type { Change } from "./resource.ts";
import type { Cause, OrphanRecord } from "./run-record.ts";
import { unifiedDiff } from "./text-diff.ts";

/** A piece of a described plan; colour is the face's business. */
export interface PlanLine {
  readonly tone: "heading" | "added" | "removed" | "hunk" | "plain" | "note";
  readonly text: string;
}

/** One planned resource as lines: what, where declared, each property, a diff of its text. Secrets show as `***`. */
export function describeChange({ item, changes, certainty, because }: PlannedItem, cause?: Cause): PlanLine[] {
  const heading = `${item.reference}  ${item.role}, ${formatPlace(shortPlace(item.declared))}`;
  const why = cause === undefined || cause === "unknown" ? "" : `  ${cause}`;
  return [{ tone: "heading", text: `${heading}${why}` }, ...changes.flatMap(describe), ...noteOf(certainty, because)];
}

function noteOf(certainty: PlannedItem["certainty"], because: readonly string[]): PlanLine[] {
  switch (certainty) {
    case "seen":
      return [];
    case "predicted":
      return [{ tone: "note", text: `    known after apply: ${because.join(", ")}` }];
    case "unknown":
      return [
        { tone: "note", text: "    unknown: it has no guard, so whether it changes anything shows only when it runs" },
      ];
    default:
      return certainty satisfies never;
  }
}

function describe({ property, from, to, text }: Change): PlanLine[] {
  const arrow = from === undefined ? to : `${from} → ${to}`;
  const line: PlanLine = { tone: "plain", text: `    ${property}: ${arrow}` };
  return [line, ...(text ? unifiedDiff(text.before, text.after).map(toDiffLine) : [])];
}

function toDiffLine(line: string): PlanLine {
  const tones = { "+": "added", "-": "removed", "@": "hunk" } as const;
  return { tone: tones[line[0] as keyof typeof tones] ?? "plain", text: `      ${line}` };
}

/** A whole plan as lines, with what earlier runs left, and its sum at the end. */
export function describePlan(plan: Plan & Partial<Pick<AssessedPlan, "causes" | "orphans">>): PlanLine[] {
  const { planned, unchanged, node, causes, orphans = [] } = plan;
  const counted = countCauses(causes?.values() ?? []);
  const sum =
    planned.length === 0
      ? `${node}: nothing to do, ${unchanged} resources as they should be`
      : `${node}: ${planned.length} to change${counted && ` (${counted})`}, ${unchanged} as they should be`;
  const changes = planned.flatMap((one) => describeChange(one, causes?.get(one.item.id)));
  return [...changes, ...orphans.map(describeOrphan), { tone: "plain", text: sum }];
}

/** What an earlier run made and no role declares any more. */
export function describeOrphan({ reference, role, removal, reason }: OrphanRecord): PlanLine {
  const how = removal === "purge" ? "apply --purge removes it" : `remove it by hand: ${reason}`;
  return { tone: "note", text: `orphan ${reference}, of role ${role}: ${how}` };
}

const shortPlace = ({ file, line }: Place): Place => (line === undefined ? { file } : { file, line });
