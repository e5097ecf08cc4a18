import ejs from "ejs";
import { type ErrorTable, failer } from "./errors.ts";
import { Secret } from "./secret.ts";

/**
 * Strict templates: EJS with its soft spots closed. Pure; the caller brings the text.
 *
 * - Data is read under one key: `<%- it.name %>`. There is no `with`, no include.
 * - `<%=` is refused: it escapes for HTML, which is wrong for shell, YAML, VCL and kickstart. Quote for the target
 *   with a function in the data: `<%- it.quote(it.path) %>`.
 * - A variable that isn't there, and printing `undefined`, `null`, an object or a {@link Secret}, are errors with the
 *   template's line. What may be absent is handed in as `null` and asked for: `<% if (it.router) { -%>`.
 */

interface Where {
  readonly template: string;
  readonly line: number;
}

export const errors = {
  "template-undefined": {
    sentence: ({ template, line, what }: Where & { what: string }) => `${template}:${line}: ${what}`,
    hint: () => "Give the value in the data handed to the template, or correct its name.",
    fault: "input",
    retry: false,
  },
  "template-broken": {
    sentence: ({ template, line, reason }: Where & { reason: string }) => `${template}:${line}: ${reason}`,
    hint: () => "Correct the template; `<% code -%>` runs code and `<%- value %>` prints.",
    fault: "input",
    retry: false,
  },
} satisfies ErrorTable;

const fail = failer(errors);

export type TemplateData = Readonly<Record<string, unknown>>;

/** Thrown inside a template; EJS rewrites messages, so what was wrong is kept beside it. */
class Absence extends Error {
  readonly what: string;
  constructor(what: string) {
    super(what);
    this.what = what;
  }
}

/** Compiles once; the function renders the data given as `it`. Throws `template-broken` and `template-undefined`. */
export function compileTemplate(name: string, text: string): (it: TemplateData) => string {
  refuseHtmlEscapes(name, text);
  // `<%-` goes through our printer by way of EJS's escaping tag, whose function we choose.
  const source = text.replaceAll("<%-", "<%=");
  const options = { strict: true, localsName: "it", filename: name, escape: print, unsafePrototypeLocals: true };
  const render = compile(name, source, options);
  return (it) => {
    try {
      return render(guard(it, "it") as TemplateData);
    } catch (thrown) {
      throw translate(name, thrown);
    }
  };
}

function refuseHtmlEscapes(name: string, text: string): void {
  const at = text.indexOf("<%=");
  if (at < 0) return;
  const line = text.slice(0, at).split("\n").length;
  const reason = "`<%=` escapes for HTML; use `<%-` with the quoting that the target needs";
  throw fail("template-broken", { template: name, line, reason }, { place: { file: name, line } });
}

function compile(name: string, source: string, options: ejs.Options) {
  try {
    return ejs.compile(source, { ...options, async: false, client: false });
  } catch (thrown) {
    const reason = (thrown instanceof Error ? thrown.message : String(thrown)).split("\n")[0] ?? "";
    const near = /for "(.*)"/.exec(reason)?.[1];
    const line = near ? source.slice(0, Math.max(0, source.indexOf(near))).split("\n").length : 1;
    throw fail("template-broken", { template: name, line, reason }, { place: { file: name, line } });
  }
}

/** EJS puts `name:line`, an excerpt and the message into the error that it throws on. */
function translate(name: string, thrown: unknown): Error {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const line = message.startsWith(`${name}:`) ? Number.parseInt(message.slice(name.length + 1), 10) || 1 : 1;
  const cause = { place: { file: name, line }, cause: thrown };
  if (thrown instanceof Absence) return fail("template-undefined", { template: name, line, what: thrown.what }, cause);
  const reason = message.split("\n\n").at(-1) ?? message;
  return fail("template-broken", { template: name, line, reason }, cause);
}

function print(value: unknown): string {
  if (value === undefined || value === null) throw new Absence(`a value that is ${value} is printed`);
  if (value instanceof Secret) throw new Absence("a secret is printed; reveal it on purpose, outside");
  if (typeof value === "object" || typeof value === "function")
    throw new Absence(`${kindOf(value)} is printed as text`);
  return String(value);
}

const kindOf = (value: object) => (Array.isArray(value) ? "a list" : `an ${typeof value}`);

/** A deep copy without prototypes, in which asking for what isn't there throws. */
function guard(value: unknown, path: string): unknown {
  if (value === null || typeof value !== "object" || value instanceof Secret) return value;
  if (Array.isArray(value)) return value.map((item, index) => guard(item, `${path}[${index}]`));
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) copy[key] = guard(item, `${path}.${key}`);
  return new Proxy(copy, {
    get(target, key) {
      if (typeof key === "symbol") return undefined;
      if (target[key] === undefined) throw new Absence(`${path}.${key} is not defined${nearest(target)}`);
      return target[key];
    },
  });
}

function nearest(target: Record<string, unknown>): string {
  const names = Object.keys(target).filter((key) => target[key] !== undefined);
  return names.length > 0 ? ` (there are: ${names.slice(0, 12).join(", ")})` : "";
}
