import type { z } from "zod";
import { Secret } from "../secret.ts";
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
  readonly catchall?: z.ZodType;
  readonly defaultValue?: unknown;
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

/** May a secret stand at this path of a value? Yes if the schema there, or one around it, says `secret`. */
export function takesSecret(schema: z.ZodType, path: Path, value: unknown): boolean {
  if (schema.meta()?.secret === true) return true;
  const def = definition(schema);
  const inner = def.innerType ?? def.in ?? chosen(def, value);
  if (inner) return takesSecret(inner, path, value);
  if (def.options) return def.options.some((option) => takesSecret(option, path, value));
  const [first, ...rest] = path;
  if (first === undefined) return false;
  const child = def.shape?.[String(first)] ?? def.element ?? def.valueType;
  return child !== undefined && takesSecret(child, rest, valueAt(value, [first]));
}

/** The value as it may be shown: what is secret, or would be by its schema, is `***`. */
export function masked(schema: z.ZodType, value: unknown, path: Path = [], root = value): unknown {
  if (value instanceof Secret) return String(value);
  if (typeof value !== "object" || value === null) return takesSecret(schema, path, root) ? "***" : value;
  if (Array.isArray(value)) return value.map((item, index) => masked(schema, item, [...path, index], root));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, masked(schema, item, [...path, key], root)]),
  );
}

/** The schemas of an object's keys, with their defaults around them; and whether it takes other keys too. */
export function shapeOf(schema: z.ZodType): {
  readonly shape: Readonly<Record<string, z.ZodType>>;
  readonly open: boolean;
} {
  const { shape = {}, catchall } = definition(bare(schema, undefined));
  return { shape, open: catchall !== undefined && definition(catchall).type !== "never" };
}

/** What a key is when nobody gives it, as one would write it; `undefined`: nothing. */
export function defaultOf(schema: z.ZodType): { readonly value: unknown } | undefined {
  const def = definition(schema);
  if (def.type === "default" || def.type === "prefault") return { value: def.defaultValue };
  const inner = def.innerType ?? def.in;
  return inner && defaultOf(inner);
}
