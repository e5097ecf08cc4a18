import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs a program on our own terminal, as if the person had typed it; resolves to its exit status, 128 + signal if one
 * ended it. A Ctrl-C reaches it by itself: it is in the terminal's foreground process group, as we are.
 */
export function runForeground(argv: readonly string[]): Promise<number> {
  const [program = "", ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
  });
}
