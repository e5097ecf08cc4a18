/** A value of JSON text; `undefined` for what isn't JSON: a tool that can't do it prints its usage instead. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands below these keys, or nothing: tools leave out what a device doesn't tell. */
export function valueAt(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[key] : undefined,
    json,
  );
}

/** Also of a number in quotes, as zpool and btrfs write it; not of one beyond 2^53, which would be another one. */
export function numberAt(json: unknown, ...path: readonly (string | number)[]): number | undefined {
  const value = valueAt(json, ...path);
  const number = typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Trimmed: controllers pad. Empty is nothing. */
export function textAt(json: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = valueAt(json, ...path);
  const text = typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
  return text === "" ? undefined : text;
}

export function listAt(json: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const value = valueAt(json, ...path);
  return Array.isArray(value) ? value : [];
}

export function entriesAt(
  json: unknown,
  ...path: readonly (string | number)[]
): readonly (readonly [string, unknown])[] {
  const value = valueAt(json, ...path);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** `{ [key]: value }`, or nothing where there is no value: with `...` in an object whose fields may be absent. */
export function given<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
