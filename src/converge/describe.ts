import { formatPlace, type Place } from "../errors.ts";
import type { Plan, PlannedItem } from "./plan.ts";
import type { Change } from "./resource.ts";
import { unifiedDiff } from "./text-diff.ts";

/** A piece of a described plan; colour is the face's business. */
export interface PlanLine {
  readonly tone: "heading" | "added" | "removed" | "hunk" | "plain" | "note";
  readonly text: string;
}

/** One planned resource as lines: what, where declared, each property, a diff of its text. Secrets show as `***`. */
export function describeChange({ item, changes, certainty, because }: PlannedItem): PlanLine[] {
  const heading = `${item.reference}  ${item.role}, ${formatPlace(shortPlace(item.declared))}`;
  return [{ tone: "heading", text: heading }, ...changes.flatMap(describe), ...noteOf(certainty, because)];
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

/** A whole plan as lines, with its sum at the end. */
export function describePlan(plan: Plan): PlanLine[] {
  const { planned, unchanged, node } = plan;
  if (planned.length === 0)
    return [{ tone: "plain", text: `${node}: nothing to do, ${unchanged} resources as they should be` }];
  const sum = `${node}: ${planned.length} to change, ${unchanged} as they should be`;
  return [...planned.flatMap(describeChange), { tone: "plain", text: sum }];
}

const shortPlace = ({ file, line }: Place): Place => (line === undefined ? { file } : { file, line });
