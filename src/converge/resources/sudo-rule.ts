import { z } from "zod";
import { declare } from "../declare.ts";
import { defineType, type Item, type Seen } from "../resource.ts";
import { diffFile, readFiles, stepsOfFile, type WrittenFile } from "../written-file.ts";

const rule = z.string().regex(/^[^\s\0][^\n\0]*$/, "must be one line as in sudoers(5), without a blank before it");

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/, "must be letters, digits, _ and -: sudo passes over names with a dot or ~")
      .describe("Name of the file in /etc/sudoers.d"),
    rules: z
      .array(rule)
      .default([])
      .describe("Lines as in sudoers(5), such as `deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx`"),
    ensure: z.enum(["present", "absent"]).default("present").describe("Whether it is there at all"),
  })
  .refine(
    ({ rules, ensure }) => rules.length > 0 === (ensure === "present"),
    "a present one has rules, an absent one none",
  );

type SudoRule = z.output<typeof schema>;

/** visudo(8) refuses what would lock everybody out of sudo; sudoers(5) wants the mode. */
const fileOf = ({ name, rules, ensure }: SudoRule): WrittenFile => ({
  path: `/etc/sudoers.d/${name}`,
  ensure,
  content: `# Written by provision: sudo_rule[${name}]\n${rules.map((line) => `${line}\n`).join("")}`,
  mode: "0440",
  owner: "root",
  group: "root",
  validate: ["visudo", "-cf", "%"],
});

export const sudoRuleType = defineType({
  name: "sudo_rule",
  summary: "Rules of sudo in a file of their own under /etc/sudoers.d, which visudo must accept before it counts.",
  example: 'sudoRule("deploy", { rules: ["deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx"] })',
  schema,
  titleKey: "name",
  read: (items: readonly Item<SudoRule>[]) =>
    readFiles(items.map(({ id, desired }) => ({ id, file: fileOf(desired) }))),
  diff: ({ desired }: Item<SudoRule>, seen: Seen) => diffFile(fileOf(desired), seen),
  steps: ({ desired }: Item<SudoRule>) => stepsOfFile(fileOf(desired)),
  autoRequire: ({ ensure }) => (ensure === "absent" ? [] : ["package[sudo]", "directory[/etc/sudoers.d]"]),
  claims: ({ name }) => ({ whole: [`path:/etc/sudoers.d/${name}`] }),
  absent: ({ name }) => ({ name, ensure: "absent" }),
});

/** Rules of sudo: `sudoRule("deploy", { rules: ["deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx"] })`. */
export const sudoRule = declare({ name: "sudo_rule", schema, titleKey: "name" });
