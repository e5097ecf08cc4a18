import type { z } from "zod";
import type { Place } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { TemplateData } from "../template.ts";
import type { Step } from "./step.ts";

/** Another resource, by what its declaration returned or by its name: `file[/etc/motd]`. */
export type Reference = Resource | string;

/** What every resource may say about its neighbours. Edges add to the order of declaration. */
export interface Relations {
  /** After these; skipped when one of them fails. */
  readonly require?: readonly Reference[];
  readonly before?: readonly Reference[];
  /** As `require`, and a change of theirs restarts this service. */
  readonly subscribe?: readonly Reference[];
  /** As `subscribe`, but a reload is enough. */
  readonly reloadOn?: readonly Reference[];
  /** A change of this one restarts that service. */
  readonly notify?: readonly Reference[];
}

export const relationNames = ["require", "before", "subscribe", "reloadOn", "notify"] as const;

/** A declaration, as a role returns it: plain data. */
export interface Resource {
  readonly type: string;
  readonly title: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly relations: Relations;
  readonly declared: Place;
}

/** A resource in a catalogue: checked, numbered in order of declaration, its neighbours known. */
export interface Item<Desired = unknown> {
  readonly id: number;
  /** `file[/etc/motd]` */
  readonly reference: string;
  readonly type: string;
  readonly title: string;
  readonly role: string;
  readonly declared: Place;
  readonly desired: Desired;
  /** Digests over the desired state of everything that restarts or reloads this one. */
  readonly inputs: Inputs;
}

export interface Inputs {
  readonly restart: string;
  readonly reload: string;
}

/** What the host said about one item: nothing at all when there is no difference. */
export type Seen = ReadonlyMap<string, string>;

/** One property that differs. */
export interface Change {
  readonly property: string;
  /** As it is; absent when there is nothing yet or it can't be known before the run. */
  readonly from?: string;
  readonly to: string;
  /** Whole texts, for a diff. */
  readonly text?: { readonly before: string; readonly after: string };
  /** Can't be known without doing it, as a command without a guard: never counted as left over. */
  readonly unknown?: true;
}

/** What else the plan knows: which kinds of input change in this same run. */
export interface Outlook {
  readonly restart: boolean;
  readonly reload: boolean;
  /** References of what it stands on and that changes. */
  readonly changing: readonly string[];
}

/** What a resource owns on a host: `path:/etc/motd`. */
export interface Claims {
  /** Each can have one owner only. */
  readonly whole?: readonly string[];
  /** May be shared with other parts, as lines of one file are, but not with a whole. */
  readonly part?: readonly string[];
}

/** Renders one of the role's own templates. */
export type Render = (name: string, data: TemplateData) => string | Secret;

/** One of the files in the role's own folder `files/`. */
export type LoadFile = (name: string) => Uint8Array;

/** Several: pieces that types share, each of which travels once. */
export type ShellText = string | readonly string[];

/** A kind of thing on a host. Only `read` and `shell` speak shell; the rest is pure. */
export interface ResourceType<Schema extends z.ZodType = z.ZodType, Desired = z.output<Schema>> {
  readonly name: string;
  /** One sentence for docs/resources.md. */
  readonly summary: string;
  /** As a role writes it, on one line. */
  readonly example: string;
  /** Strict, with a description on every property. The title arrives under {@link ResourceType.titleKey}. */
  readonly schema: Schema;
  readonly titleKey: string;
  /** Shell functions that travel only when this type is in the program. */
  readonly shell?: { readonly read?: ShellText; readonly apply?: ShellText };
  /** All items of this type as one piece of POSIX sh, which calls `seen ID KEY VALUE` for what differs. */
  read(items: readonly Item<Desired>[]): string;
  /** Empty when nothing is to do. */
  diff(item: Item<Desired>, seen: Seen, outlook: Outlook): readonly Change[];
  steps(item: Item<Desired>, seen: Seen): readonly Step[];
  /** References that this one waits for if the catalogue has them. */
  autoRequire?(desired: Desired): readonly string[];
  claims?(desired: Desired): Claims;
  /** The properties that mean its absence, so that what left the catalogue can be purged; `undefined`: it can't. */
  absent?(desired: Desired): Record<string, unknown> | undefined;
  /** For a type that renders templates or takes files of its role while the catalogue is compiled. */
  resolve?(desired: Desired, render: Render, load: LoadFile): Desired;
  /** Where the host remembers the inputs that it last ran with, for a type that is refreshed. */
  inputsRecord?(title: string): string;
}

/** Checks a type against its own schema and forgets the schema's type, so that types fit in one list. */
export function defineType<Schema extends z.ZodType, Desired = z.output<Schema>>(
  type: ResourceType<Schema, Desired>,
): ResourceType<Schema, Desired> & ErasedType {
  return type as unknown as ResourceType<Schema, Desired> & ErasedType;
}

export type ErasedType = ResourceType<z.ZodType, unknown>;
