/**
 * One shape for everything that can go wrong: a code for machines, a sentence for people, a hint for what to do next.
 *
 * Each room declares its errors once, as a table in its own `errors.ts`, and throws them through {@link failer}:
 *
 *     export const errors = { "bmc-unreachable": { … } } satisfies ErrorTable;
 *     export const fail = failer(errors);
 *     throw fail("bmc-unreachable", { address, timeoutMs });
 */

/** Whose turn it is: the person's input, the machine being provisioned, what surrounds us, or a defect of ours. */
export type Fault = "input" | "machine" | "environment" | "defect";

/** A place in a file the operator wrote; 1-based, as editors count. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: each row names its own details; `failer` gives them back their type.
type Wording = (details: any) => string;

export interface ErrorRow {
  readonly sentence: Wording;
  readonly hint: Wording;
  readonly fault: Fault;
  /** Can the same call, unchanged, succeed later? */
  readonly retry: boolean;
}

export type ErrorTable = Readonly<Record<string, ErrorRow>>;

/** What a failed operation adds: the last thing seen to happen and the next one that should have. */
export interface Progress {
  readonly lastMilestone?: string | undefined;
  readonly nextExpected?: string | undefined;
}

/** Plain data, as it goes into `--json`, the store and an API answer. */
export interface ErrorRecord extends Progress {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly fault: Fault;
  readonly retry: boolean;
  readonly place?: Place;
}

/** The only error class that a face shows; anything else that surfaces is a defect and shown as one. */
export class ProvisionError extends Error {
  override readonly name = "ProvisionError";
  readonly code: string;
  readonly hint: string;
  readonly fault: Fault;
  readonly retry: boolean;
  readonly place: Place | undefined;
  readonly progress: Progress;

  constructor(record: ErrorRecord, options: ErrorOptions = {}) {
    super(record.message, options);
    this.code = record.code;
    this.hint = record.hint;
    this.fault = record.fault;
    this.retry = record.retry;
    this.place = record.place;
    this.progress = { lastMilestone: record.lastMilestone, nextExpected: record.nextExpected };
  }

  /** The same error, told with how far the operation had come. */
  withProgress(progress: Progress): ProvisionError {
    return new ProvisionError({ ...this.toJSON(), ...progress }, { cause: this.cause });
  }

  toJSON(): ErrorRecord {
    const { code, message, hint, fault, retry, place, progress } = this;
    return { code, message, hint, fault, retry, ...(place ? { place } : {}), ...progress };
  }
}

export interface FailOptions {
  readonly place?: Place;
  readonly cause?: unknown;
}

/** A sentence or hint that needs no details asks for none. */
type Asked<W extends Wording> = Parameters<W> extends [infer Needed] ? Needed : unknown;
type Details<Row extends ErrorRow> = Asked<Row["sentence"]> & Asked<Row["hint"]>;

/** Makes the function with which a room throws its errors: the code picks the row, the row names its details. */
export function failer<Table extends ErrorTable>(table: Table) {
  return <Code extends keyof Table & string>(
    code: Code,
    details: Details<Table[Code]>,
    options: FailOptions = {},
  ): ProvisionError => {
    const row = table[code] as ErrorRow;
    const record = {
      code,
      message: row.sentence(details),
      hint: row.hint(details),
      fault: row.fault,
      retry: row.retry,
    };
    return new ProvisionError(options.place ? { ...record, place: options.place } : record, { cause: options.cause });
  };
}

/** Anything thrown, as a record; what isn't ours is a `defect`, with its message kept. */
export function toRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof ProvisionError) return thrown.toJSON();
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const hint = "This is a defect of provision; run again with --debug for the stack and report it.";
  return { code: "defect", message, hint, fault: "defect", retry: false };
}

/** `inventory/nodes/web01.yaml:7:10`, as far as it is known. */
export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
}
