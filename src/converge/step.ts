import type { Secret } from "../secret.ts";

/** What an apply does on the host, as data. `apply-program.ts` turns it into shell. */
export type Step =
  /** Run this; `unless` succeeding means that it isn't needed any more. */
  | { readonly kind: "run"; readonly argv: readonly string[]; readonly unless?: readonly string[] }
  | WriteStep
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | PackageStep
  | ServiceStep
  | CallStep;

/** Runs a function of the type's own `shell.apply`. */
export interface CallStep {
  readonly kind: "call";
  readonly function: string;
  readonly words: readonly (string | number)[];
  /** Arrives on the function's standard input as base64; the only place for a secret. */
  readonly payload?: string | Secret;
  /**
   * The function replaces one file and ends with `swap_in NEW PATH "$check" "$commit"`: the new file is validated by this
   * (empty: not at all), and a refresh becomes due only then.
   */
  readonly swaps?: { readonly validate?: readonly string[] | undefined };
}

/** One package's part in the transaction of its wave. */
export interface PackageStep {
  readonly kind: "package";
  readonly name: string;
  /** `keep`: it is there and stays as it is; only its hold changes. */
  readonly action: "install" | "remove" | "keep";
  /** Exact, or a prefix with `*` behind it; else the archives' newest. */
  readonly version?: string;
  /** Whether upgrades pass it by; undefined: as the operators left it. */
  readonly hold?: boolean;
  readonly allowDowngrade?: boolean;
  /** Else what the host has. */
  readonly provider?: "apt" | "dnf";
}

/** Written beside, validated, synced, renamed. */
export interface WriteStep {
  readonly kind: "write";
  readonly path: string;
  readonly content: string | Secret | Uint8Array;
  /** Four octal digits. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Argument vector in which `%` stands for the file that was written beside. */
  readonly validate?: readonly string[];
}

/** Brings a unit where it should be, from wherever it is when the step runs. */
export interface ServiceStep {
  readonly kind: "service";
  readonly unit: string;
  readonly enabled?: boolean;
  readonly running?: boolean;
  readonly masked?: boolean;
  readonly restart: string;
  readonly reload: string;
}
