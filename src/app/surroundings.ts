import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Environment } from "./paths.ts";

/** What a use-case needs of the process that runs it. */
export interface Surroundings {
  /** The folder with site.yaml. */
  readonly inventoryFolder: string;
  readonly environment: Environment;
  readonly isRoot: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Tells a person what is going on, a line at a time. */
  say(line: string): void;
}
