import { fileURLToPath } from "node:url";
import { type CallSiteObject, getCallSites } from "node:util";
import type { z } from "zod";
import type { Place } from "../errors.ts";
import { type Relations, type Resource, type ResourceType, relationNames } from "./resource.ts";

type Properties<Schema extends z.ZodType, Key extends string> = Omit<z.input<Schema>, Key> & Relations;

/** The function by which roles declare resources of a type: `file("/etc/motd", { content })`. */
export function declare<Schema extends z.ZodType, const Key extends string>(
  type: Pick<ResourceType<Schema>, "name"> & { readonly schema: Schema; readonly titleKey: Key },
) {
  return (title: string, given: Properties<Schema, Key> = {} as Properties<Schema, Key>): Resource => {
    const properties: Record<string, unknown> = { [type.titleKey]: title };
    const relations: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined) continue;
      if ((relationNames as readonly string[]).includes(key)) relations[key] = value;
      else properties[key] = value;
    }
    return { type: type.name, title, properties, relations: relations as Relations, declared: callerOutsideEngine() };
  };
}

export const referenceOf = (resource: Pick<Resource, "type" | "title">) => `${resource.type}[${resource.title}]`;

const engine = import.meta.dirname;

/** The file and line that called into the engine, as the role's author finds it: nearly always two frames up. */
const callerOutsideEngine = (): Place =>
  outsideEngine(getCallSites(3)) ?? outsideEngine(getCallSites(10)) ?? { file: "unknown" };

function outsideEngine(frames: readonly CallSiteObject[]): Place | undefined {
  for (const { scriptName, lineNumber: line, columnNumber: column } of frames) {
    const file = scriptName.startsWith("file://") ? fileURLToPath(scriptName) : scriptName;
    if (file.startsWith("/") && !file.startsWith(engine)) return { file: shorten(file), line, column };
  }
  return undefined;
}

/** From the folder that holds `src` and `roles` on, so that messages don't depend on where a checkout lies. */
function shorten(file: string): string {
  const root = engine.slice(0, -"src/converge".length);
  return file.startsWith(root) ? file.slice(root.length) : file;
}
