import { z } from "zod";
import { quoteSh } from "../transport/quote.ts";

/** Forms that several resource types share. */

/** Backslash and newline are what sha256sum escapes in names; nothing on our hosts is named so. */
export const absolutePath = z
  .string()
  .regex(/^(\/[^/\n\\\0]+)+$/, "must be an absolute path without a final slash")
  .refine((path) => !/\/\.\.?(\/|$)/.test(path), "must not contain . or ..");

export const octalMode = z.string().regex(/^[0-7]{4}$/, 'must be four octal digits such as "0644"');

/** useradd(8): what every system accepts. */
export const accountName = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be a Unix account name");

/** One line of shell: a command and its words, quoted. The command is one of the program's own functions. */
export const call = (command: string, ...words: readonly (string | number)[]) =>
  [command, ...words.map((word) => quoteSh(String(word)))].join(" ");

/** References to what a path stands on: each declared directory and mount above it. */
export function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(1, -1);
  const above = parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  return above.flatMap((folder) => [`directory[${folder}]`, `mount[${folder}]`]);
}

export const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";

/** In pieces of at most `size`, so that argument lists stay small. */
export function chunk<Value>(values: readonly Value[], size: number): Value[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
