import type { Clock } from "../clock.ts";
import type { Shell } from "../transport/shell.ts";
import type { Assertion } from "./assertion.ts";
import type { Answer } from "./checks/check.ts";
import { fail } from "./errors.ts";
import { checkCalls, judge, shellOf } from "./verify-judge.ts";
import { verifyShell } from "./verify-shell.ts";

export interface VerifyOptions {
  readonly clock: Clock;
  /** How long a promise may take to come true; the first seconds after a restart are never the truth. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  readonly onRound?: (results: readonly AssertionResult[]) => void;
}

export interface AssertionResult {
  readonly says: string;
  readonly ok: boolean;
  /** What was seen, line by line: the proof, or what is wrong. */
  readonly evidence: readonly string[];
}

const pauseMs = 1000;
const roundMs = 120_000;

/**
 * Asks the host until every promise has been seen true once or the time is over: one execution a round, which asks only
 * for what hasn't been true yet. Returns all results in the order of the assertions.
 */
export async function verify(
  assertions: readonly Assertion[],
  shell: Shell,
  options: VerifyOptions,
): Promise<readonly AssertionResult[]> {
  const results = new Map<number, AssertionResult>();
  const open = () => [...assertions.entries()].filter(([id]) => results.get(id)?.ok !== true);
  const until = options.clock.monotonicMs() + options.deadlineMs;
  while (open().length > 0) {
    const asked = open();
    const answers = await ask(asked, shell, options);
    for (const [id, assertion] of asked) results.set(id, judge(assertion, id, answers));
    options.onRound?.([...results.values()]);
    if (options.clock.monotonicMs() >= until) break;
    if (open().length > 0) await options.clock.sleep(pauseMs, options.signal);
  }
  return assertions.map((_, id) => results.get(id) as AssertionResult);
}

/** Throws `verify-failed` with what is wrong; quiet when every promise was seen true. */
export function assertVerified(results: readonly AssertionResult[], host: string): void {
  const failed = results.filter(({ ok }) => !ok).map(({ says, evidence }) => [`${says}:`, ...evidence].join("\n    "));
  if (failed.length > 0) throw fail("verify-failed", { host, failed });
}

async function ask(asked: readonly (readonly [number, Assertion])[], shell: Shell, options: VerifyOptions) {
  const kinds = asked.map(([, { kind }]) => kind);
  const script = `${verifyShell}${shellOf(kinds)}\n${asked.flatMap(([id, assertion]) => checkCalls(id, assertion)).join("\n")}\n`;
  const signal = options.signal ? { signal: options.signal } : {};
  const { stdout } = await shell.run({ script }, { timeoutMs: roundMs, ...signal });
  const answers = new Map<string, Answer>();
  for (const line of stdout.split("\n")) {
    const [, mark, id = "", rest = ""] = /^@([ev]) (\S+) ?(.*)$/.exec(line) ?? [];
    const known = answers.get(id) ?? { exitCode: undefined, lines: [] };
    if (mark === "e") answers.set(id, { ...known, lines: [...known.lines, rest] });
    if (mark === "v") answers.set(id, { ...known, exitCode: Number(rest) });
  }
  return answers;
}
