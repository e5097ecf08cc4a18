import { type Act, act, call } from "./act.ts";

const limitMs = 12 * 3_600_000;

/** Makes backups, one after the other (dumps first is the caller's order); the first that fails ends it. Prints `done NUMBER`. */
export function backUpNow({ commands }: { readonly commands: readonly string[] }): Act {
  return act({ name: "backing up", limitMs, body: inOrder(commands) });
}

/** Each is a program of its own; it reads nothing of this one. */
export const inOrder = (commands: readonly string[]) =>
  [
    ...commands.flatMap((command, index) => [call("must sh -c", command), `say "done ${index + 1}"`]),
    "say complete",
  ].join("\n");
