import { fail } from "./errors.ts";

/** What a template may print. Anything else, absence above all, is refused. */
export type Printable = string | number | boolean;

/** Puts together what belongs together (`q.sh(it.bootUrl, "/done")`), refusing what has no text. */
function joined(target: string, parts: readonly Printable[]): string {
  for (const part of parts) {
    if (!["string", "number", "boolean"].includes(typeof part)) {
      throw fail("render-unquotable", { target, why: `it is ${part === null ? "null" : typeof part}` });
    }
  }
  return parts.join("");
}

function refuse(target: string, text: string, pattern: RegExp, why: string): void {
  if (pattern.test(text)) throw fail("render-unquotable", { target, why });
}

/**
 * Control characters except the tab would end a line, or YAML would not have them in a block. U+2028 and U+2029 end a
 * line for Python, in which Anaconda reads kickstarts: `'x\u2028%post` would be out of its quotes there.
 */
const notOnALine = /(?!\t)[\p{Cc}\u2028\u2029]/u;

/** One word of a POSIX shell command (XCU §2.2.2). A NUL can't be in one. */
export function sh(...parts: Printable[]): string {
  const text = joined("shell", parts);
  refuse("shell", text, /\0/, "it holds a NUL");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A shell word where lines have a meaning of their own: in a kickstart a line `%end` ends the script, whatever quotes
 * are open around it; and kickstart's commands are read line by line, each split as a shell would.
 */
export function shLine(...parts: Printable[]): string {
  const text = joined("one line of shell", parts);
  refuse("one line of shell", text, notOnALine, "it holds a line break or another control character");
  return sh(text);
}

/**
 * A shell word inside a preseeded command. Without backslashes of ours, since a backslash at the end of a line
 * continues it; a carriage return would be dropped by the installer without a word.
 */
export function preseedSh(...parts: Printable[]): string {
  const text = joined("a preseeded command", parts);
  refuse("a preseeded command", text, notOnALine, "it holds a line break or another control character");
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** The value of a debconf question: the rest of its line, as it stands; blanks around it would be lost. */
export function preseed(...parts: Printable[]): string {
  const text = joined("a preseed value", parts);
  refuse("a preseed value", text, notOnALine, "it holds a line break or another control character");
  refuse("a preseed value", text, /\\$|^\s|\s$/, "it ends in a backslash, or has blanks around it");
  return text;
}

/** Beside what JSON escapes: DEL, C1 controls, line separators, byte order mark, non-characters (YAML 1.2 §5.1). */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** YAML 1.2 §7.3.1 and §7.4: flow style, which is JSON, with what YAML calls unprintable escaped. Any plain data. */
export function yaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${yaml(key)}: ${yaml(item)}`);
    return `{${entries.join(", ")}}`;
  }
  if (value === null) return "null";
  const text = joined("YAML", [value as Printable]);
  if (typeof value !== "string") return text;
  return JSON.stringify(text).replaceAll(unprintable, escaped);
}

/** A bare word: package names, groups, numbers. Quotes would be taken for a part of it. */
export function word(...parts: Printable[]): string {
  const text = joined("a bare word", parts);
  if (!/^[A-Za-z0-9@^+._:~/=,-]+$/.test(text)) {
    throw fail("render-unquotable", {
      target: "a bare word",
      why: `${JSON.stringify(text)} has other characters than words have`,
    });
  }
  return text;
}

/** One word of an iPXE command. iPXE has no quotes: it splits at blanks and replaces `${…}`, so such values are refused. */
export function ipxe(...parts: Printable[]): string {
  const text = joined("an iPXE script", parts);
  refuse("an iPXE script", text, /[\s\p{Cc}]/u, "it holds a blank or a control character");
  refuse(
    "an iPXE script",
    text,
    /\$\{|^#|^(?:&&|\|\||;)?$/,
    "iPXE would take it for a setting, a comment or an end of the command",
  );
  return text;
}

/** One word of a GRUB script (GRUB manual §6, quoting as in the shell); kernel arguments are one line. */
export function grub(...parts: Printable[]): string {
  const text = joined("grub.cfg", parts);
  refuse("grub.cfg", text, /[\p{Cc}\u2028\u2029]/u, "it holds a control character");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Shell of our own, as it is. Never a value from the inventory. */
export function script(...parts: Printable[]): string {
  return joined("shell", parts);
}

/** Handed to every template as `it.q`. A kickstart command is one line, split as the shell splits (pykickstart: shlex). */
export const q = { sh, shLine, script, kickstart: shLine, preseed, preseedSh, yaml, word, ipxe, grub } as const;
