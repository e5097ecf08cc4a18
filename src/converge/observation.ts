import { type FactName, factsToRead, parseFacts, type ReadFacts } from "../facts/list.ts";
import type { Shell } from "../transport/shell.ts";
import { fail } from "./errors.ts";
import { readProgram } from "./read-program.ts";
import type { Item, Seen } from "./resource.ts";

/** What one read of a host told. */
export interface Observation {
  /** The cheap ones, and those that were asked for. */
  readonly facts: ReadFacts;
  readonly seen: ReadonlyMap<number, Seen>;
  /** As printed, for the witness of a plan. */
  readonly lines: readonly string[];
  readonly durationMs: number;
}

export interface ReadOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ObserveOptions extends ReadOptions {
  /** Beside the cheap ones. */
  readonly facts?: readonly FactName[];
}

/** Reads facts and differences in one execution. Throws `host-unsupported`, `read-failed` and what the shell throws. */
export async function observe(items: readonly Item[], shell: Shell, options: ObserveOptions): Promise<Observation> {
  const { facts: wanted = [], ...how } = options;
  const result = await shell.run({ script: readProgram(items, wanted) }, how);
  const lines = result.stdout.split("\n");
  const missing = lines.filter((line) => line.startsWith("@missing ")).map((line) => line.slice(9));
  if (missing.length > 0) throw fail("host-unsupported", { host: shell.name, missing: missing.join(", ") });
  if (result.exitCode !== 0 || !lines.includes("@end")) {
    throw fail("read-failed", { host: shell.name, exitCode: result.exitCode, output: result.stderr.slice(-2000) });
  }
  return { ...parseObservation(lines, wanted), lines, durationMs: result.durationMs };
}

/** `@f NAME LINE` tells a fact, `@r ID KEY VALUE` a difference; other lines are noise of a login script. */
export function parseObservation(
  lines: readonly string[],
  wanted: readonly FactName[] = [],
): Pick<Observation, "facts" | "seen"> {
  const printed = new Map<string, string[]>();
  const seen = new Map<number, Map<string, string>>();
  for (const line of lines) {
    const [, mark, name = "", rest = ""] = /^@([fr]) (\S+) ?(.*)$/s.exec(line) ?? [];
    if (mark === "f") printed.set(name, [...(printed.get(name) ?? []), rest]);
    if (mark !== "r") continue;
    const id = Number(name);
    const [key = "", ...value] = rest.split(" ");
    seen.set(id, (seen.get(id) ?? new Map<string, string>()).set(key, value.join(" ")));
  }
  return { facts: parseFacts(printed, factsToRead(wanted)), seen };
}
