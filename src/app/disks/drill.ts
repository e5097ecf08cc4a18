import type { HoldQuestion } from "../../lifecycle/step.ts";
import type { BayOrder } from "../../sim/rack/bays-server.ts";

/** What a drill is about: one disk of one machine of the virtual rack, and the one that takes its place. */
export interface Drill {
  readonly machine: string;
  readonly old: string;
  readonly fresh: string;
  readonly sizeMiB: number;
}

/** What a skilled tech does at a question: hands at the bays, then what they type. Nothing: they wait and look on. */
export interface Move {
  readonly orders: readonly BayOrder[];
  readonly answer?: string;
}

/** The right thing at each question. Pure. */
export function rightMove(question: Pick<HoldQuestion, "kind">, drill: Drill): Move {
  const { machine, old, fresh, sizeMiB } = drill;
  const pull: BayOrder = { machine, pull: old };
  const insert: BayOrder = { machine, insert: { serial: fresh, sizeMiB } };
  switch (question.kind) {
    case "find":
      return { orders: [], answer: "found" };
    case "pull":
      return { orders: [pull], answer: old.slice(-4) };
    case "new-disk":
      return { orders: [insert] };
    case "before-off":
      return { orders: [], answer: old.slice(-4) };
    case "while-off":
      return { orders: [pull, insert], answer: old.slice(-4) };
    case "wipe":
      return { orders: [], answer: fresh.slice(-4) };
    case "gone":
      return { orders: [], answer: "empty" };
    default:
      return { orders: [] };
  }
}

/** What a trainee typed: hands (`pull SERIAL`, `insert SERIAL`), `help`, or an answer to the question. */
export type Typed =
  | { readonly kind: "order"; readonly order: BayOrder }
  | { readonly kind: "help" }
  | { readonly kind: "answer"; readonly text: string };

export function readTyped(line: string, { machine, sizeMiB }: Drill): Typed {
  const [verb = "", serial = "", ...rest] = line.trim().split(/\s+/);
  const isHands = serial !== "" && rest.length === 0;
  if (verb === "pull" && isHands) return { kind: "order", order: { machine, pull: serial } };
  if (verb === "insert" && isHands) return { kind: "order", order: { machine, insert: { serial, sizeMiB } } };
  if (verb === "help" && serial === "") return { kind: "help" };
  return { kind: "answer", text: line.trim() };
}
