import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AnswerTemplates, compileAnswers, type TemplateName, templateFiles } from "../boot/render/answer.ts";

/** The program's own folders, beside src/. */
export const programRoot = join(import.meta.dirname, "../..");

/** A template's text, by its path below templates/. */
export const templateText = (path: string): string => readFileSync(join(programRoot, "templates", path), "utf8");

/** The boot templates, read and compiled once. */
export function bootTemplates(): AnswerTemplates {
  const names = Object.keys(templateFiles) as TemplateName[];
  const texts = Object.fromEntries(names.map((name) => [name, templateText(templateFiles[name])]));
  return compileAnswers(texts as Record<TemplateName, string>);
}
