import { Secret } from "../secret.ts";
import { compileTemplate, type TemplateData } from "../template.ts";

/** The text of a role's template file; only app reads files. */
export type TemplateLoader = (role: string, name: string) => string;

/** What a role keeps in its folder `files/`; only app reads files. */
export type FileLoader = (role: string, name: string) => Uint8Array;

/** A role's own templates, each read and compiled once. Data that holds a secret makes the whole text secret. */
export function createTemplates(
  role: string,
  load: TemplateLoader,
): (name: string, data: TemplateData) => string | Secret {
  const compiled = new Map<string, ReturnType<typeof compileTemplate>>();
  return (name, data) => {
    const render = compiled.get(name) ?? compileTemplate(`roles/${role}/templates/${name}.ejs`, load(role, name));
    compiled.set(name, render);
    const text = render(reveal(data) as TemplateData);
    return holdsSecret(data) ? new Secret(text) : text;
  };
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSecret);
}

function reveal(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reveal(item)]));
}
