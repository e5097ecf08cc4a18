import type { z } from "zod";
import type { Path } from "./places.ts";

/** What this file needs to know of a zod definition; zod types each kind apart, the walk meets them all. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
}

const definition = (schema: z.ZodType) => schema.def as unknown as Definition;

/** Takes off optional, default, nullable and transforms, down to the kind that has children. */
function bare(schema: z.ZodType, value: unknown): z.ZodType {
  const def = definition(schema);
  const inner = def.innerType ?? (def.type === "pipe" ? def.in : undefined) ?? chosen(def, value);
  return inner ? bare(inner, value) : schema;
}

/** The member of a discriminated union that the value says it is. */
function chosen(def: Definition, value: unknown): z.ZodType | undefined {
  const { discriminator, options = [] } = def;
  if (!discriminator || typeof value !== "object" || value === null) return undefined;
  const wanted = (value as Record<string, unknown>)[discriminator];
  return options.find((option) => definition(option).shape?.[discriminator]?.safeParse(wanted).success);
}

/** The schema that governs a path of a value; `undefined` where the schema knows no such path. */
export function schemaAt(schema: z.ZodType, path: Path, value: unknown): z.ZodType | undefined {
  const here = bare(schema, value);
  const [first, ...rest] = path;
  if (first === undefined) return here;
  const def = definition(here);
  const child = def.shape?.[String(first)] ?? def.element ?? def.valueType;
  return child && schemaAt(child, rest, valueAt(value, [first]));
}

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, part) => {
    const known = typeof at === "object" && at !== null && Object.hasOwn(at, part);
    return known ? (at as Record<PropertyKey, unknown>)[part] : undefined;
  }, value);

/** The keys that an object's schema knows at a path. */
export function keysAt(schema: z.ZodType, path: Path, value: unknown): readonly string[] {
  const found = schemaAt(schema, path, value);
  return found ? Object.keys(definition(found).shape ?? {}) : [];
}

/** What the schema says of a key, wherever in the chain it was said: its description, and whether it is secret. */
export function metaAt(schema: z.ZodType, path: Path, value: unknown): { description?: string; secret: boolean } {
  const parent = schemaAt(schema, path.slice(0, -1), value);
  const found: { description?: string; secret: boolean } = { secret: false };
  let at = parent && definition(parent).shape?.[String(path.at(-1))];
  while (at) {
    const meta = at.meta();
    if (meta?.description && !found.description) found.description = meta.description;
    if (meta?.secret === true) found.secret = true;
    at = definition(at).innerType ?? definition(at).in;
  }
  return found;
}
