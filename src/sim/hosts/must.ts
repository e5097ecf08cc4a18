import type { Command, RunOptions, Shell } from "../../transport/shell.ts";
import { fail } from "./errors.ts";

/** Runs it and returns what it printed. @throws `hosts-command-failed` unless it ended with 0 */
export async function must(shell: Shell, doing: string, command: Command, options: RunOptions = {}): Promise<string> {
  const result = await shell.run(command, options);
  if (result.exitCode === 0) return result.stdout;
  throw fail("hosts-command-failed", { doing, output: `${result.stdout}\n${result.stderr}` });
}
