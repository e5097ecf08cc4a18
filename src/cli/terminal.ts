import { createInterface } from "node:readline/promises";
import type { Terminal } from "./command.ts";
import { fail } from "./errors.ts";
import { asRoot } from "./operator.ts";
import { readSecret } from "./secret-input.ts";
import { colours, noColours } from "./style.ts";

export interface OpenTerminal extends Terminal {
  close(): void;
}

/** The process's terminal. A first Ctrl-C or TERM asks the work to stop in good order, a second one ends the process. */
export function openTerminal(options: { argv: readonly string[]; json: boolean; plain: boolean }): OpenTerminal {
  const isInteractive = Boolean(process.stdout.isTTY) && !options.json;
  const interruption = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort(fail("interrupted", { signal }));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const coloured = isInteractive && !options.plain && !process.env.NO_COLOR;
  const ask = async (question: string, unneeded = new AbortController().signal) => {
    if (!process.stdin.isTTY || unneeded.aborted) return undefined;
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    // Raw mode gives Ctrl-C to us instead of to the process.
    prompt.once("SIGINT", () => stop("SIGINT"));
    try {
      return await prompt.question(`${question} `, { signal: AbortSignal.any([interruption.signal, unneeded]) });
    } catch (thrown) {
      process.stderr.write("\n");
      if (unneeded.aborted) return undefined;
      throw interruption.signal.aborted ? interruption.signal.reason : thrown;
    } finally {
      prompt.close();
    }
  };
  return {
    isInteractive,
    get columns() {
      return process.stdout.columns ?? 100;
    },
    get rows() {
      return process.stdout.rows ?? 50;
    },
    isRoot: process.getuid?.() === 0,
    commandLineAsRoot: asRoot(options.argv, process.cwd()),
    environment: process.env,
    json: options.json,
    style: coloured ? colours : noColours,
    say: (line) => (options.json ? process.stderr : process.stdout).write(`${line}\n`),
    write: (text) => process.stdout.write(text),
    ask,
    askSecret: (question) =>
      readSecret(question, {
        input: process.stdin,
        prompt: (text) => process.stderr.write(text),
        interrupted: interruption.signal,
        interrupt: () => stop("SIGINT"),
      }),
    interrupted: interruption.signal,
    close: () => process.off("SIGINT", stop).off("SIGTERM", stop),
  };
}
