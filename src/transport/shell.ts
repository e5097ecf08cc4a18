/**
 * The one way to run something somewhere: on this machine, over SSH, or from a recording in a test.
 * A `Shell` owns a lifetime (a kept connection); whoever opened it closes it.
 */

/** What to run. `argv` is never re-read by a shell; `script` is POSIX sh, fed on stdin of `sh -s` or as `sh -c`. */
export type Command = { readonly argv: readonly string[] } | { readonly script: string };

export interface RunOptions {
  /** With a `script` this makes it travel as an argument of `sh -c`: at most 128 KiB (execve(2)), and no secrets in it. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Ends the command and throws `command-timeout`. */
  readonly timeoutMs?: number;
  /** Ends the command and throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
  /** Added to what the other side has. Visible in its process list: not for secrets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface RunResult {
  /** `null` when a signal ended it. A command that doesn't exist is 127, as a shell has it. */
  readonly exitCode: number | null;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface Shell {
  /** As people know the place: `local`, `root@10.77.0.11`. */
  readonly name: string;
  /** Resolves for every exit code. Throws only when the command couldn't be run or followed to its end. */
  run(command: Command, options?: RunOptions): Promise<RunResult>;
  close(): Promise<void>;
}
