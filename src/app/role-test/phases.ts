import type { Clock } from "../../clock.ts";
import { toRecord } from "../../errors.ts";
import type { PhaseResult } from "./outcome.ts";

/** What a phase has to say when it went well. */
export type Seen<Value> = Pick<PhaseResult, "note" | "installed"> & { readonly value?: Value };

/** The phases of one case as they happen, each with its time. */
export interface Phases {
  readonly results: readonly PhaseResult[];
  readonly failed: boolean;
  /** Throws what the work throws, after it was noted. */
  run<Value>(name: string, work: () => Promise<Seen<Value>>): Promise<Value>;
}

export function createPhases(clock: Clock, onPhase: (phase: PhaseResult) => void): Phases {
  const results: PhaseResult[] = [];
  const note = (result: PhaseResult) => {
    results.push(result);
    onPhase(result);
  };
  return {
    results,
    get failed() {
      return results.some(({ outcome }) => outcome === "failed");
    },
    run: async (name, work) => {
      const startedMs = clock.monotonicMs();
      const time = () => clock.monotonicMs() - startedMs;
      try {
        const { value, ...seen } = await work();
        note({ name, outcome: "good", durationMs: time(), ...seen });
        return value as NonNullable<typeof value>;
      } catch (thrown) {
        const error = toRecord(thrown);
        note({ name, outcome: "failed", durationMs: time(), note: error.message, error });
        throw thrown;
      }
    },
  };
}
