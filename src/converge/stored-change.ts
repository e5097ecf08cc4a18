import { Secret } from "../secret.ts";
import type { Change } from "./resource.ts";
import type { StoredChange } from "./run-record.ts";
import { unifiedDiff } from "./text-diff.ts";

const longestValue = 500;
const mostLines = 200;
const longestLine = 300;
/** Shorter ones would be found in every second word. */
const shortestSecret = 6;

export type Mask = (text: string) => string;

/** Every secret that a value holds, at whatever depth. */
function secretsIn(value: unknown): string[] {
  if (value instanceof Secret) return [value.reveal()];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
}

/**
 * Types mask their secrets themselves; this finds those that came by another way, such as in a command's output: the
 * whole values, their longer lines, and both as base64.
 */
export function maskOf(values: readonly unknown[]): Mask {
  const plain = secretsIn(values).flatMap((secret) => [secret, ...secret.split("\n").map((line) => line.trim())]);
  const long = [...new Set(plain)].filter((secret) => secret.length >= shortestSecret);
  const all = long.flatMap((secret) => [secret, Buffer.from(secret).toString("base64")]);
  all.sort((one, other) => other.length - one.length);
  return (text) => all.reduce((masked, secret) => masked.replaceAll(secret, "***"), text);
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** A change as it is kept: masked, and cut where it is long. */
export function storedChange({ property, from, to, text }: Change, mask: Mask): StoredChange {
  const short = (value: string) => cut(mask(value), longestValue);
  return {
    property,
    ...(from === undefined ? {} : { from: short(from) }),
    to: short(to),
    ...(text ? { diff: shortDiff(unifiedDiff(text.before, text.after).map(mask)) } : {}),
  };
}

function shortDiff(lines: readonly string[]): string[] {
  const shown = lines.slice(0, mostLines).map((line) => cut(line, longestLine));
  return lines.length > mostLines ? [...shown, `@@ ${lines.length - mostLines} more lines @@`] : shown;
}
