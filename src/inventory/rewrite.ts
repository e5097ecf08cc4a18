import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE } from "js-yaml";
import { armored } from "./age.ts";
import { ageFileIn } from "./sealed.ts";

/** A `!secret` in a file's text. */
export interface SecretScalar {
  /** A binary age file. */
  readonly ciphertext: Uint8Array;
  /** Of the value alone, without tag, quotes and block header; UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly isBlock: boolean;
}

/** Every `!secret` of a file that parses, in the order of its text. */
export function secretScalars(file: string, text: string): readonly SecretScalar[] {
  return parseEvents(text, { filename: file }).flatMap((event) => {
    if (event.type !== EVENT_ID.SCALAR || event.tagStart < 0) return [];
    if (text.slice(event.tagStart, event.tagEnd) !== "!secret") return [];
    const ciphertext = ageFileIn(getScalarValue(text, event));
    if (!ciphertext) return [];
    const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
    return [{ ciphertext, start: event.valueStart, end: event.valueEnd, isBlock }];
  });
}

/** The text with each of these secrets replaced, in the form in which it stood; all else byte for byte. */
export function rewriteSecrets(text: string, news: ReadonlyMap<SecretScalar, Uint8Array>): string {
  const last = [...news].toSorted(([a], [b]) => b.start - a.start);
  return last.reduce((whole, [scalar, file]) => {
    const before = whole.slice(scalar.start, scalar.end);
    const after = scalar.isBlock ? block(before, file) : Buffer.from(file).toString("base64");
    return whole.slice(0, scalar.start) + after + whole.slice(scalar.end);
  }, text);
}

/** Armor where armor was, base64 where base64 was; the indentation, line ends and blank lines that were there. */
function block(before: string, file: Uint8Array): string {
  const indent = /^(?:[ \t]*\r?\n)*([ ]*)/.exec(before)?.[1] ?? "";
  const lead = /^(?:[ \t]*\r?\n)*/.exec(before)?.[0] ?? "";
  const tail = /\s*$/.exec(before)?.[0] ?? "";
  const lines = armored(file);
  const wanted = before.includes("-----BEGIN") ? lines : lines.slice(1, -1);
  const end = before.includes("\r\n") ? "\r\n" : "\n";
  return lead + wanted.map((line) => `${indent}${line}`).join(end) + tail;
}
