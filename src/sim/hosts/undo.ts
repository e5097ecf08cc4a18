/** What was made, as the steps that unmake it. */
export interface Undo {
  push(step: () => Promise<unknown> | unknown): void;
  /** Newest first, each once and all of them, also when one fails; then throws the first failure. */
  run(): Promise<void>;
}

export function createUndo(): Undo {
  const steps: (() => Promise<unknown> | unknown)[] = [];
  return {
    push: (step) => void steps.push(step),
    run: async () => {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step; step = steps.pop()) {
        try {
          await step();
        } catch (thrown) {
          failures.push(thrown);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
