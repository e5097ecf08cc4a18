import { bootId } from "./boot-id.ts";
import { cpus } from "./cpus.ts";
import type { Fact } from "./fact.ts";
import { interfaces } from "./interfaces.ts";
import { kernel } from "./kernel.ts";
import { memoryBytes } from "./memory.ts";
import { os } from "./os.ts";

const all = { os, kernel, bootId, memoryBytes, cpus, interfaces } as const;

type Value<Of> = Of extends Fact<infer Result> ? Result : never;

export type Facts = { readonly [Name in keyof typeof all]: Value<(typeof all)[Name]> };

export const facts: readonly Fact[] = Object.values(all);

/** Facts from what their scripts printed, by name. */
export function parseFacts(printed: ReadonlyMap<string, readonly string[]>): Facts {
  return Object.fromEntries(facts.map((fact) => [fact.name, fact.parse(printed.get(fact.name) ?? [])])) as Facts;
}
