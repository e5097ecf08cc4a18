import type { ConvergeWanted } from "../app/converge.ts";
import type { Asked } from "../app/fleet.ts";
import type { Invocation, OptionSpec, OptionValues } from "./command.ts";
import { fail } from "./errors.ts";

/** For commands that act on nodes, or look at them: who is meant. */
export const chooseOptions: readonly OptionSpec[] = [
  { flags: "--limit <which>", help: "only these: names (web*), group=, role=, rack=; , is or, & is and, ! is not" },
  { flags: "--all", help: "all nodes, or all that --limit leaves, however many" },
];

/** How a plan differs from the inventory's. */
export const wantedOptions: readonly OptionSpec[] = [
  { flags: "--only <selector>", help: "only these resources and what they stand on: role=varnish,type=file" },
  { flags: "--set <role.parameter=value>", help: "a parameter for this run only; may be repeated", repeats: true },
];

const text = (value: OptionValues[string]) => (typeof value === "string" ? value : undefined);

export function asked({ arguments: names, options }: Invocation, verb: string): Omit<Asked, "max"> {
  return { names, limit: text(options.limit), all: options.all === true, verb };
}

export function wanted({ options }: Invocation): ConvergeWanted {
  const { only, purge, set } = options;
  return {
    ...(typeof only === "string" ? { only } : {}),
    ...(purge === true ? { purge } : {}),
    ...(Array.isArray(set) ? { set: set.map(String) } : {}),
  };
}

/** `--max 25`: a number from 1 on. */
export function count(value: OptionValues[string], flag: string): number {
  if (typeof value === "string" && /^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw fail("usage", {
    said: `${flag} ${String(value)} is no number of nodes`,
    advice: `Say for instance: ${flag} 25`,
  });
}
