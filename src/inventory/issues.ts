import { z } from "zod";
import type { FindingCode } from "./errors.ts";
import { suggest } from "./nearest.ts";
import type { Path } from "./places.ts";
import { keysAt, metaAt, shapeOf, takesSecret, valueAt } from "./schema-walk.ts";
import { secretsIn } from "./sealed.ts";

/** One thing wrong with a value, before it is known in which file the value was written. */
export interface Issue {
  readonly code: FindingCode;
  readonly path: Path;
  readonly what: string;
  readonly hint?: string | undefined;
  /** Is it the key that is wrong, or what stands behind it? */
  readonly at: "key" | "value";
}

interface Context {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

/** `interfaces[0].mac`, as people write a path. */
export const formatPath = (path: Path): string =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index ? "." : ""}${String(part)}`)).join("");

/** Everything that a schema finds wrong with a value, in the operator's words. */
export function schemaIssues(schema: z.ZodType, value: unknown): readonly Issue[] {
  const misplaced = secretsIn(value).filter(({ path }) => !takesSecret(schema, path, value));
  const found = misplaced.map(({ path }) => misplacedSecret(path));
  const result = schema.safeParse(value);
  if (result.success) return found;
  const other = result.error.issues.filter(({ path }) => !misplaced.some((one) => isWithin(path, one.path)));
  return [...found, ...other.flatMap((issue) => translate({ schema, value }, issue))];
}

/**
 * The same for a part of an object: only of the keys that are given, each by itself. What is missing, and what doesn't go
 * together, shows when all parts are one.
 */
export function partIssues(schema: z.ZodType, given: Readonly<Record<string, unknown>>): readonly Issue[] {
  const { shape, open } = shapeOf(schema);
  const [known, unknown] = [[], []] as [string[], string[]];
  for (const key of Object.keys(given)) (Object.hasOwn(shape, key) ? known : unknown).push(key);
  const pick = <T>(from: Readonly<Record<string, T>>) =>
    Object.fromEntries(known.map((key) => [key, from[key] as T] as const));
  return [
    ...(open ? [] : unknown.map((key) => unknownKey({ schema, value: given }, [key]))),
    ...schemaIssues(z.object(pick(shape)), pick(given)),
  ];
}

const isWithin = (path: Path, outer: Path) => outer.every((part, index) => String(part) === String(path[index]));

const misplacedSecret = (path: Path): Issue => ({
  code: "inventory-value",
  path,
  what: named(path, "can't be a !secret: it is not kept secret, so it would be shown"),
  hint: "Write it as it is; or, in a role, declare the parameter as secretText()",
  at: "value",
});

function translate(context: Context, issue: z.core.$ZodIssue): Issue[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(context, [...issue.path, key]));
    case "invalid_type":
      return [wrongType(context, issue)];
    case "invalid_value":
      return [wrongValue(context, issue.path, issue.values.map(String))];
    case "invalid_union":
      return [wrongValue(context, issue.path, unionOptions(issue))];
    case "invalid_key":
      return [
        {
          code: "inventory-value",
          path: issue.path,
          what: named(issue.path, issue.issues[0]?.message ?? issue.message),
          at: "key",
        },
      ];
    default:
      return [invalid(context, issue.path, sentence(issue))];
  }
}

const named = (path: Path, what: string) => (path.length > 0 ? `${formatPath(path)}: ${what}` : what);

const invalid = ({ schema, value }: Context, path: Path, what: string): Issue => {
  const { description } = metaAt(schema, path, value);
  return { code: "inventory-value", path, what: named(path, what), hint: description, at: "value" };
};

function unknownKey({ schema, value }: Context, path: Path): Issue {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const hint = suggest(key, keysAt(schema, parent, value));
  return {
    code: "inventory-unknown-key",
    path,
    what: named(parent, `unknown key ${JSON.stringify(key)}`),
    hint,
    at: "key",
  };
}

function wrongType(context: Context, issue: z.core.$ZodIssueInvalidType): Issue {
  const { path } = issue;
  const found = valueAt(context.value, path);
  if (found === undefined) {
    return missingKey(path, metaAt(context.schema, path, context.value).description);
  }
  const { secret } = metaAt(context.schema, path, context.value);
  const expected = typeNames[issue.expected] ?? issue.expected;
  const base = invalid(context, path, `must be ${expected}, not ${secret ? "another kind of value" : nameOf(found)}`);
  const quote = issue.expected === "string" && (secret || typeof found === "number" || typeof found === "boolean");
  return quote ? { ...base, hint: "Put quotes around it, so that it stays text" } : base;
}

function missingKey(path: Path, hint: string | undefined): Issue {
  const what = named(path.slice(0, -1), `the key ${JSON.stringify(String(path.at(-1)))} is missing`);
  return { code: "inventory-missing-key", path, what, hint, at: "key" };
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping (key: value)",
  record: "a mapping (key: value)",
};

function nameOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "string") return "text";
  return `${typeof value === "number" ? "the number" : "the truth value"} ${String(value)}`;
}

function wrongValue({ value }: Context, path: Path, options: readonly string[]): Issue {
  const found = valueAt(value, path);
  const list = options.join(", ");
  if (found === undefined) return missingKey(path, `One of: ${list}`);
  const near = typeof found === "string" ? suggest(found, options) : `One of: ${list}`;
  return {
    code: "inventory-value",
    path,
    what: named(path, `${JSON.stringify(found)} is not one of ${list}`),
    hint: near,
    at: "value",
  };
}

/** A discriminated union names its options; a union of literals hides them in the errors of its members. */
function unionOptions(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map(String);
  return issue.errors.flat().flatMap((one) => (one.code === "invalid_value" ? one.values.map(String) : []));
}

/** zod's own sentences begin in capitals and say "expected … to be"; ours say what must be. */
function sentence(issue: z.core.$ZodIssue): string {
  const unit = "origin" in issue ? ({ string: " characters", array: " entries" }[String(issue.origin)] ?? "") : "";
  if (issue.code === "too_small") return `must be at least ${issue.minimum}${unit}`;
  if (issue.code === "too_big") return `must be at most ${issue.maximum}${unit}`;
  if (issue.code === "invalid_format" && issue.format === "url") return "is not a URL";
  return issue.message;
}
