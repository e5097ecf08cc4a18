import type { ErrorRecord } from "../errors.ts";
import type { OperationKind, OperationState, Phase, StepState, WaitsOn } from "./phases.ts";
import type { HoldQuestion } from "./step.ts";

/** What happens to a node, as it happens. Operations, steps, milestones and notes are kept; progress and lines pass by. */
export type OperationEvent = {
  readonly at: Date;
  readonly node: string;
  readonly operationId?: number | undefined;
  /** Monotonic milliseconds since the operation began, over restarts of the controller too. */
  readonly elapsedMs: number;
} & OperationEventBody;

/** A step that is still to come, for the display. */
export interface StepOutline {
  readonly name: string;
  readonly label: string;
  readonly expectedMs?: number | undefined;
}

export type OperationEventBody =
  | {
      readonly kind: "operation";
      readonly operation: OperationKind;
      readonly generation: number;
      readonly state: OperationState;
      readonly phase: Phase;
      readonly by: string;
      /** When it begins: all that it is going to do. */
      readonly steps?: readonly StepOutline[] | undefined;
      readonly error?: ErrorRecord | undefined;
    }
  | {
      readonly kind: "step";
      readonly step: string;
      readonly label: string;
      readonly state: StepState;
      readonly waitingOn?: WaitsOn | undefined;
      readonly attempt: number;
      readonly expectedMs?: number | undefined;
      readonly durationMs?: number | undefined;
      /** Why it was skipped or is tried again. */
      readonly note?: string | undefined;
      /** What it is held for. */
      readonly question?: HoldQuestion | undefined;
      readonly error?: ErrorRecord | undefined;
    }
  | {
      readonly kind: "milestone";
      readonly step?: string | undefined;
      readonly name: string;
      readonly label: string;
      readonly text: string;
    }
  | {
      readonly kind: "progress";
      readonly step: string;
      readonly done: number;
      readonly total: number;
      readonly unit: "bytes" | "resources" | "percent";
    }
  | { readonly kind: "line"; readonly step?: string | undefined; readonly text: string }
  /** What somebody did to the node outside of its steps (paused, resumed), and what a step wants to be remembered. */
  | { readonly kind: "note"; readonly by: string; readonly text: string };

export type OperationListener = (event: OperationEvent) => void;
