import { z } from "zod";
import type { TemplateData } from "../../template.ts";
import { declare } from "../declare.ts";
import { defineType, type Item, type Render, type Seen } from "../resource.ts";
import { absolutePath, foldersAbove } from "../words.ts";
import { type Content, diffFile, fileProperties, readFiles, stepsOfFile } from "../written-file.ts";

const schema = z
  .strictObject({
    path: absolutePath.describe("Where the file lies on the host"),
    template: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a template's name without its .ejs")
      .optional()
      .describe("Name in the role's folder `templates/`, without `.ejs`"),
    data: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("What the template reads as `it`; a secret in it makes the whole text secret"),
    ...fileProperties,
  })
  .refine(
    ({ template, ensure }) => (template !== undefined) === (ensure === "present"),
    "a present file has a template, an absent one none",
  );

type Template = z.output<typeof schema> & { readonly content?: Content };

/** The data doesn't travel on: what matters of it stands in the text, and the text alone decides about a refresh. */
const resolve = (desired: Template, render: Render): Template =>
  desired.template === undefined
    ? desired
    : { ...desired, data: {}, content: render(desired.template, desired.data as TemplateData) };

export const templateType = defineType<typeof schema, Template>({
  name: "template",
  summary: "A regular file whose content is one of the role's templates, rendered while the plan is made.",
  example: 'template("/etc/varnish/site.vcl", { template: "site.vcl", data: { port: 80 } })',
  schema,
  titleKey: "path",
  read: (items: readonly Item<Template>[]) => readFiles(items.map(({ id, desired }) => ({ id, file: desired }))),
  diff: ({ desired }: Item<Template>, seen: Seen) => diffFile(desired, seen),
  steps: ({ desired }: Item<Template>) => stepsOfFile(desired),
  resolve,
  autoRequire: ({ path, owner, group, ensure }) =>
    ensure === "absent" ? [] : [...foldersAbove(path), `user[${owner}]`, `group[${group}]`],
  claims: ({ path }) => ({ whole: [`path:${path}`] }),
  absent: ({ path }) => ({ path, ensure: "absent" }),
});

/** A file from one of the role's templates: `template("/etc/motd", { template: "motd", data: { name: node.name } })`. */
export const template = declare({ name: "template", schema, titleKey: "path" });
