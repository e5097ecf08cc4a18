import type { ProvisionError } from "../errors.ts";
import { errors, fail } from "./errors.ts";
import type { Plan, PlannedItem } from "./plan.ts";
import type { ItemResult } from "./report.ts";
import { maskOf } from "./stored-change.ts";

export type ApplyEvent =
  | {
      readonly kind: "step";
      readonly reference: string;
      readonly state: "start" | "done" | "failed" | "skipped";
      readonly durationMs: number;
    }
  /** How far apt is, 0–100, with its own words. */
  | { readonly kind: "packages"; readonly percent: number; readonly text: string };

/** What a stream of apply lines has told so far. */
export interface ApplyListener {
  line(text: string): void;
  /** In the order of the work; a resource that nothing was heard of is left out. */
  results(): readonly ItemResult[];
  readonly ended: boolean;
  /** Why nothing was changed, if the program said so. */
  readonly refusal: ProvisionError | undefined;
}

/** Reads the lines of an apply program. */
export function listen(plan: Plan, onEvent: (event: ApplyEvent) => void): ApplyListener {
  const byId = new Map(plan.planned.map((planned) => [planned.item.id, planned]));
  const outputs = new Map<number, string[]>();
  const results = new Map<number, ItemResult>();
  const mask = maskOf(plan.planned.map(({ item }) => item.desired));
  const state: { ended: boolean; refusal: ProvisionError | undefined } = { ended: false, refusal: undefined };
  const onStep = (words: readonly string[]) => {
    const [id = "", what = "", third = "", code = ""] = words;
    const planned = byId.get(Number(id));
    if (!planned || !isState(what)) return;
    const durationMs = what === "done" || what === "failed" ? Number(third) : 0;
    onEvent({ kind: "step", reference: planned.item.reference, state: what, durationMs });
    if (what === "start") return;
    const output = mask((outputs.get(Number(id)) ?? []).join("\n"));
    results.set(
      Number(id),
      conclude(planned, { outcome: what, durationMs, code, output, cause: byId.get(Number(third)) }),
    );
  };
  return {
    line(text) {
      const [mark = "", ...words] = text.split(" ");
      if (mark === "@step") onStep(words);
      else if (mark === "@out")
        outputs.set(Number(words[0]), [...(outputs.get(Number(words[0])) ?? []), words.slice(1).join(" ")]);
      else if (mark === "@end") state.ended = true;
      else if (mark === "@stale") state.refusal = fail("plan-stale", { host: plan.host });
      else if (mark === "@busy") state.refusal = fail("apply-busy", { host: plan.host, holder: words.join(" ") });
      else onAptLine(text, onEvent);
    },
    results: () => plan.planned.flatMap(({ item }) => results.get(item.id) ?? []),
    get ended() {
      return state.ended;
    },
    get refusal() {
      return state.refusal;
    },
  };
}

const isState = (word: string): word is "start" | "done" | "failed" | "skipped" =>
  ["start", "done", "failed", "skipped"].includes(word);

/** apt's README.progress-reporting: `pmstatus:varnish:45.2:Unpacking varnish`, `dlstatus:1:20.5:Retrieving …`. */
function onAptLine(text: string, onEvent: (event: ApplyEvent) => void): void {
  const [, percent, words] = /^(?:pm|dl)status:[^:]*:([\d.]+):(.*)$/.exec(text) ?? [];
  if (percent !== undefined) onEvent({ kind: "packages", percent: Number(percent), text: words ?? "" });
}

interface Conclusion {
  readonly outcome: ItemResult["outcome"];
  readonly durationMs: number;
  readonly code: string;
  readonly output: string;
  readonly cause: PlannedItem | undefined;
}

function conclude({ item }: PlannedItem, { outcome, durationMs, code, output, cause }: Conclusion): ItemResult {
  const result = { reference: item.reference, role: item.role, outcome, durationMs };
  if (outcome === "skipped") return { ...result, because: cause?.item.reference ?? "an earlier failure" };
  if (outcome !== "failed") return result;
  const details = { role: item.role, resource: item.reference, declared: item.declared, output, name: item.title };
  const known =
    code in errors
      ? (code as
          | "package-unknown"
          | "package-held"
          | "package-downgrade"
          | "apt-lock-held"
          | "validation-failed"
          | "device-refused")
      : "resource-failed";
  return { ...result, error: fail(known, details, { place: item.declared }).toJSON() };
}
