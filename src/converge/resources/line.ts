import { z } from "zod";
import { declare } from "../declare.ts";
import { diffLine, lineApplyShell, lineReadShell, readLines, stepsOfLine } from "../line-in-file.ts";
import { extendedRegex, hostFileProperties, oneLine, placeProperties } from "../part-of-file.ts";
import { defineType, type Item } from "../resource.ts";
import { absolutePath, foldersAbove } from "../words.ts";

const schema = z
  .strictObject({
    name: z.string().describe("What it is called, for people"),
    path: absolutePath.describe("The file; a link is followed"),
    line: oneLine.optional().describe("The whole line, as it should stand"),
    match: extendedRegex
      .optional()
      .describe(
        "Lines that this one replaces (POSIX ERE): the first makes room for it, further ones go, so that no other setting is left",
      ),
    ensure: z
      .enum(["present", "absent"])
      .default("present")
      .describe("Absent: neither the line nor what `match` selects"),
    ...placeProperties,
    ...hostFileProperties,
  })
  .refine(({ line, ensure }) => line !== undefined || ensure === "absent", "a present line says what stands in it")
  .refine(({ line, match }) => line !== undefined || match !== undefined, "says neither line nor match")
  .refine(
    ({ insertAfter, insertBefore }) => insertAfter === undefined || insertBefore === undefined,
    "is inserted after or before, not both",
  );

type Line = z.output<typeof schema>;

export const lineType = defineType({
  name: "line",
  summary: "A line in a file of which the rest belongs to others; the rest stays byte for byte.",
  example:
    'line("root logs in with keys", { path: "/etc/ssh/sshd_config", match: "^#?PermitRootLogin ", line: "PermitRootLogin prohibit-password" })',
  schema,
  titleKey: "name",
  shell: { read: lineReadShell, apply: lineApplyShell },
  read: (items: readonly Item<Line>[]) => readLines(items.map(({ id, desired }) => ({ id, line: desired }))),
  diff: ({ desired }: Item<Line>, seen) => diffLine(desired, seen),
  steps: ({ desired }: Item<Line>) => stepsOfLine(desired),
  autoRequire: ({ path, ensure }) => (ensure === "absent" ? [] : foldersAbove(path)),
  claims: ({ path, line }) => ({
    part: [`path:${path}`],
    ...(line === undefined ? {} : { whole: [`line:${path}: ${line}`] }),
  }),
  /** What it replaced isn't known any more: only the line itself goes. */
  absent: ({ name, path, line }) => (line === undefined ? undefined : { name, path, line, ensure: "absent" }),
});

/** A line in a file: `line("swappiness", { path: "/etc/sysctl.conf", match: "^vm.swappiness", line: "vm.swappiness = 10" })`. */
export const line = declare({ name: "line", schema, titleKey: "name" });
