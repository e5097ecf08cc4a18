import type { z } from "zod";
import type { YamlDocument } from "./document.ts";
import type { FindingCode } from "./errors.ts";
import type { Path } from "./places.ts";
import type { Group, Node, Profile, Site } from "./schema.ts";
import { valueAt } from "./schema-walk.ts";

/** A file of the inventory with those of its top-level keys that are good, so that one mistake doesn't hide the next. */
export interface Draft<Value> {
  /** The node's or profile's name; for the site, its folder's. */
  readonly name: string;
  readonly document: YamlDocument;
  readonly value: Partial<Value>;
  /** Nothing is wrong with it by itself. */
  readonly whole: boolean;
}

export interface Drafts {
  readonly site: Draft<Site> | undefined;
  readonly nodes: readonly Draft<Node>[];
  readonly profiles: readonly Draft<Profile>[];
  /** `undefined`: there is no folder `groups/`, so groups are labels. */
  readonly groups: readonly Draft<Group>[] | undefined;
  /** Names of files that couldn't be read as YAML: they exist, so nobody is told that they are unknown. */
  readonly brokenProfiles: readonly string[];
  readonly brokenGroups: readonly string[];
}

/** Something wrong between values, and where to point. */
export interface Conflict {
  readonly code: FindingCode;
  readonly document: Pick<YamlDocument, "placeOf">;
  readonly path: Path;
  readonly what: string;
  readonly hint?: string | undefined;
  readonly at?: "key" | "value";
}

/** Parses each key of an object's schema apart, and keeps what is good. */
export function salvage<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
): Partial<z.output<z.ZodObject<Shape>>> {
  const kept: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(schema.shape)) {
    const result = (part as z.ZodType).safeParse(valueAt(value, [key]));
    if (result.success && result.data !== undefined) kept[key] = result.data;
  }
  return kept as Partial<z.output<z.ZodObject<Shape>>>;
}
