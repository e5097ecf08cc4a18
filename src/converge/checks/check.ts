import type { Assertion } from "../assertion.ts";

export type Kind = Assertion["kind"];
export type AssertionOf<Of extends Kind> = Extract<Assertion, { readonly kind: Of }>;

/** What one check printed and ended with; `undefined` when it didn't come to its end. */
export interface Answer {
  readonly exitCode: number | undefined;
  readonly lines: readonly string[];
}

export interface Verdict {
  readonly ok: boolean;
  /** What was seen, line by line: the proof, or what is wrong. */
  readonly evidence: readonly string[];
}

/** A kind of promise: how the host is asked, and what its answer means. */
export interface Check<Of extends Kind> {
  readonly kind: Of;
  /** Functions in POSIX sh, which travel only when they are called. */
  readonly shell: string;
  /** Which function, and its words. */
  ask(assertion: AssertionOf<Of>): readonly [name: string, ...words: (string | number)[]];
  /** Pure. `exitCode` is a number here. */
  judge(assertion: AssertionOf<Of>, answer: Answer): Verdict;
}

/** Right when nothing is wrong; what is wrong stands behind what was seen. */
export const verdict = (seen: readonly string[], wrong: readonly string[]): Verdict => ({
  ok: wrong.length === 0,
  evidence: [...seen, ...wrong],
});
