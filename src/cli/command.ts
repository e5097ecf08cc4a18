import type { Controller } from "../app/controller.ts";
import type { Surroundings } from "../app/surroundings.ts";
import type { Clock } from "../clock.ts";
import type { Answer } from "../http/server.ts";
import type { Secret } from "../secret.ts";
import type { Style } from "./style.ts";

/** An option as commander takes it: `--reinstall`, `--lines <count>`. */
export interface OptionSpec {
  readonly flags: string;
  readonly help: string;
  readonly default?: string;
  /** May be given again: its values come as a list. */
  readonly repeats?: true;
}

export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What the person typed after the command's name. */
export interface Invocation {
  readonly arguments: readonly string[];
  readonly options: OptionValues;
}

/** What a finished command has to say: data for `--json`, text for people, and the exit status. */
export interface Outcome {
  readonly json: unknown;
  readonly text: (style: Style) => string;
  /** 0 unless said otherwise. */
  readonly exitCode?: number;
}

/** What a command may use of the terminal and the process; made by main, faked by tests. */
export interface Terminal {
  readonly isInteractive: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly isRoot: boolean;
  /** What was typed, as root would have to type it: for hints. */
  readonly commandLineAsRoot: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly style: Style;
  /** A line of progress, for people: standard error when `--json`, else standard output. */
  say(line: string): void;
  /** Raw bytes to standard output: the live display, `--json` events. */
  write(text: string): void;
  /** Asks a person and returns what they typed; `undefined` when nobody is there, or when it needs no answer any more. */
  ask(question: string, unneeded?: AbortSignal): Promise<string | undefined>;
  /** The same without showing it; or what is piped in, when nobody is there. */
  askSecret(question: string): Promise<Secret | undefined>;
  /** Aborted when the person presses Ctrl-C or the process is told to stop. */
  readonly interrupted: AbortSignal;
}

export interface Context extends Surroundings {
  readonly terminal: Terminal;
  /** Faces that this one doesn't know, handed in by bin/start. */
  readonly faces: Faces;
}

/** The other faces, which this one doesn't know. */
export interface Faces {
  /** The HTTP API over a controller; `serve` offers it. */
  createApi(controller: Controller, clock: Clock): Answer;
}

/** One command, one file, one line in commands/list.ts. */
export interface CliCommand {
  /** Words as typed: `inventory show`. */
  readonly name: string;
  readonly summary: string;
  /** As commander writes them: `<node>`, `[node]`. */
  readonly arguments?: string;
  readonly options?: readonly OptionSpec[];
  readonly example: string;
  /** Does it speak to machines? Then it runs in the site's network namespace, if the site has one. */
  readonly network?: boolean | ((options: OptionValues) => boolean);
  /** Why it can't do without root; nothing if it can. */
  readonly needsRoot?: string;
  run(invocation: Invocation, context: Context): Promise<Outcome>;
}
