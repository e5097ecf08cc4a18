import { fileURLToPath } from "node:url";
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

/** The file and line that called into the engine, as the role's author finds it. */
function callerOutsideEngine(): Place {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  for (const frame of frames) {
    const found = /((?:file:\/\/|\/)[^()\s]+):(\d+):(\d+)\)?$/.exec(frame);
    if (!found) continue;
    const file = (found[1] as string).startsWith("file://") ? fileURLToPath(found[1] as string) : (found[1] as string);
    if (file.startsWith(engine)) continue;
    return { file: shorten(file), line: Number(found[2]), column: Number(found[3]) };
  }
  return { file: "unknown" };
}

/** From the folder that holds `src` and `roles` on, so that messages don't depend on where a checkout lies. */
function shorten(file: string): string {
  const root = engine.slice(0, -"src/converge".length);
  return file.startsWith(root) ? file.slice(root.length) : file;
}
