import { inspect } from "node:util";

const MASK = "***";

/**
 * A value that can't be printed by accident: string conversion, JSON and `inspect` all give `***`.
 * Only what puts it on the wire calls {@link Secret.reveal}. It is never an argument of a process.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
