import { z } from "zod";
import { Secret } from "../secret.ts";
import type { Catalogue } from "./catalogue.ts";
import { fail } from "./errors.ts";
import type { Item } from "./resource.ts";
import { resourceTypes } from "./resources/list.ts";

/** A catalogue as a file: JSON, in which `{"$secret": …}` and `{"$bytes": base64}` stand for what JSON has no form for. */
const format = "provision-catalogue/1";

/**
 * Whole, for a machine that applies it to itself. Secrets go in as they are, and only if the caller means it; else a
 * catalogue that holds some throws `catalogue-holds-secrets`.
 */
export function encodeCatalogue(catalogue: Catalogue, { reveal }: { readonly reveal: boolean }): string {
  const secret = catalogue.items.filter(({ desired }) => holdsSecret(desired)).map(({ reference }) => reference);
  if (secret.length > 0 && !reveal) throw fail("catalogue-holds-secrets", { node: catalogue.node, secret });
  const { node, items, ancestors, refreshes } = catalogue;
  const document = {
    format,
    node,
    items: items.map((item) => ({ ...item, desired: toJson(item.desired) })),
    ancestors: [...ancestors].map(([id, all]) => [id, [...all]]),
    refreshes: [...refreshes],
  };
  return `${JSON.stringify(document)}\n`;
}

const number = z.int().min(0);
const place = z.object({ file: z.string(), line: number.optional(), column: number.optional() });
const known = resourceTypes.map(({ name }) => name);

const schema = z.strictObject({
  format: z.literal(format, `is not ${format}: it was written by another version`),
  node: z.string(),
  items: z.array(
    z.object({
      id: number,
      reference: z.string(),
      type: z.enum(known),
      title: z.string(),
      role: z.string(),
      declared: place,
      desired: z.unknown(),
      inputs: z.object({ restart: z.string(), reload: z.string() }),
    }),
  ),
  ancestors: z.array(z.tuple([number, z.array(number)])),
  refreshes: z.array(z.tuple([number, z.object({ restart: z.array(number), reload: z.array(number) })])),
});

/** Reads what {@link encodeCatalogue} wrote. Throws `catalogue-unreadable`. */
export function decodeCatalogue(text: string): Catalogue {
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail("catalogue-unreadable", { reason: `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim() });
  }
  const { node, items, ancestors, refreshes } = parsed.data;
  return {
    node,
    items: items.map((item) => ({ ...item, desired: fromJson(item.desired) }) as Item),
    ancestors: new Map(ancestors.map(([id, all]) => [id, new Set(all)])),
    refreshes: new Map(refreshes),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw fail("catalogue-unreadable", { reason: (thrown as Error).message }, { cause: thrown });
  }
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSecret);
}

const marks = ["$secret", "$bytes", "$plain"];

function toJson(value: unknown): unknown {
  if (value instanceof Secret) return { $secret: value.reveal() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toJson(one)]));
  // What merely looks like one of ours is wrapped, so that it comes back as it was.
  return marks.some((mark) => mark in copy) ? { $plain: copy } : copy;
}

function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== "object" || value === null) return value;
  const { $secret, $bytes, $plain } = value as Record<string, unknown>;
  if (typeof $secret === "string") return new Secret($secret);
  if (typeof $bytes === "string") return new Uint8Array(Buffer.from($bytes, "base64"));
  const source = $plain === undefined ? value : ($plain as object);
  return Object.fromEntries(Object.entries(source).map(([key, one]) => [key, fromJson(one)]));
}
