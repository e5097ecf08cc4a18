import { constructFromEvents, type Event, parseEvents, YAMLException } from "js-yaml";
import type { Place, ProvisionError } from "../errors.ts";
import { fail } from "./errors.ts";
import { type DuplicateKey, findOffset, type Path, type PlaceTree, placeAt, placeTree } from "./places.ts";
import { settleSecrets, yamlSchema } from "./sealed.ts";

/** One YAML file as data, which still knows where each value was written. */
export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  readonly placeOf: (path: Path, what?: "key" | "value") => Place;
}

export type ParsedDocument =
  | { readonly kind: "document"; readonly document: YamlDocument; readonly problems: readonly ProvisionError[] }
  | { readonly kind: "broken"; readonly problems: readonly ProvisionError[] };

/**
 * Reads one YAML document (YAML 1.2 core schema: `no` is a word, dates are strings, `<<` is a plain key) with `!secret`.
 * Duplicate keys are problems, but the data is still given, with the last of each, so that the rest can be checked too.
 */
export function parseYaml(file: string, text: string): ParsedDocument {
  try {
    const events = parseEvents(text, { filename: file });
    const documents = events.filter((event) => event.type === 1).length;
    if (documents === 0)
      return broken(fail("inventory-empty", { what: "the file is empty" }, { place: { file, line: 1, column: 1 } }));
    if (documents > 1) return broken(severalDocuments(file, text));
    return read(file, text, events);
  } catch (thrown) {
    if (thrown instanceof YAMLException) return broken(syntaxError(file, text, thrown));
    throw thrown;
  }
}

const broken = (problem: ProvisionError): ParsedDocument => ({ kind: "broken", problems: [problem] });

function read(file: string, text: string, events: Event[]): ParsedDocument {
  const { tree, duplicates } = placeTree(text, events);
  const [value] = constructFromEvents(events, {
    source: text,
    filename: file,
    schema: yamlSchema,
    json: duplicates.length > 0,
    maxAliases: 100,
  });
  const problems = duplicates.map((duplicate) => duplicateKey(file, text, duplicate));
  if (value === null && problems.length === 0) {
    return broken(
      fail("inventory-empty", { what: "the file has no content" }, { place: { file, line: 1, column: 1 } }),
    );
  }
  const placeOf = locator(file, text, tree);
  const settled = settleSecrets(value, placeOf);
  if (settled.circular) return broken(fail("inventory-syntax", circular, { place: placeOf(settled.circular) }));
  const malformed = settled.malformed.map((path) => fail("inventory-secret", {}, { place: placeOf(path) }));
  return { kind: "document", document: { file, value: settled.value, placeOf }, problems: [...problems, ...malformed] };
}

const circular = { what: "the alias stands within what it stands for", hint: "Write out what is meant" };

const locator =
  (file: string, text: string, tree: PlaceTree) =>
  (path: Path, what: "key" | "value" = "value") =>
    placeAt(file, text, findOffset(tree, path, what));

function duplicateKey(file: string, text: string, duplicate: DuplicateKey): ProvisionError {
  const first = placeAt(file, text, duplicate.firstOffset);
  const what = `the key ${JSON.stringify(duplicate.key)} was given already at line ${first.line}`;
  return fail("inventory-duplicate-key", { what }, { place: placeAt(file, text, duplicate.offset) });
}

function severalDocuments(file: string, text: string): ProvisionError {
  const offset = text.search(/(?<=\n)---/);
  const what = "the file holds more than one YAML document";
  return fail(
    "inventory-syntax",
    { what, hint: "Write one file per node or profile, without ---" },
    { place: placeAt(file, text, Math.max(0, offset)) },
  );
}

function syntaxError(file: string, text: string, thrown: YAMLException): ProvisionError {
  const offset = thrown.mark?.position ?? 0;
  const place = placeAt(file, text, offset);
  return fail("inventory-syntax", { what: thrown.reason, hint: syntaxHint(thrown.reason) }, { place, cause: thrown });
}

const syntaxHints: readonly (readonly [RegExp, string])[] = [
  [/tab char/, "Indent with blanks: YAML allows no tabs there"],
  [
    /bad indentation|deficient indentation/,
    "Check the indentation here and one line before; close what was opened ([, {, quotes); quote a value that holds ': '",
  ],
  [/multiline key/, "The line before has no colon after its key"],
  [/unknown (?:mapping|sequence) tag.*!secret/, "A !secret is one text; encrypt each value by itself"],
  [/unknown .*tag/, "Values that begin with ! need quotes; the only tag is !secret"],
  [/alias/, "Values that begin with * need quotes"],
  [/unexpected end|missed comma|flow collection/, "A bracket, brace or quote that was opened before is not closed"],
];

const syntaxHint = (reason: string) => syntaxHints.find(([pattern]) => pattern.test(reason))?.[1];
