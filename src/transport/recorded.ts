import { createLineCutter } from "./lines.ts";
import type { Command, RunOptions, RunResult, Shell } from "./shell.ts";

export interface RecordedCase {
  /** The argument vector joined with blanks, or part of the script: the first case that fits answers. */
  readonly when: string | RegExp;
  readonly answer: Partial<RunResult> | ((text: string, options: RunOptions) => Partial<RunResult>);
}

export interface RecordedShell extends Shell {
  /** What was run, in order, as text. */
  readonly asked: readonly string[];
}

/** A shell for tests that answers from a table; a command that no case fits is an error, never an empty answer. */
export function createRecordedShell(cases: readonly RecordedCase[]): RecordedShell {
  const asked: string[] = [];
  return {
    name: "recorded",
    asked,
    run: async (command, options = {}) => {
      const text = textOf(command);
      asked.push(text);
      const found = cases.find(({ when }) => (typeof when === "string" ? text.includes(when) : when.test(text)));
      if (!found) throw new Error(`no recorded answer for: ${text.slice(0, 200)}`);
      const answer = typeof found.answer === "function" ? found.answer(text, options) : found.answer;
      return replay({ exitCode: 0, stdout: "", stderr: "", durationMs: 0, ...answer }, options);
    },
    close: async () => {},
  };
}

const textOf = (command: Command) => ("argv" in command ? command.argv.join(" ") : command.script);

function replay(result: RunResult, options: RunOptions): RunResult {
  for (const [text, onLine] of [
    [result.stdout, options.onStdoutLine],
    [result.stderr, options.onStderrLine],
  ] as const) {
    if (!onLine) continue;
    const cutter = createLineCutter(onLine);
    cutter.push(text);
    cutter.end();
  }
  return result;
}
