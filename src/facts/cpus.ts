import type { Fact } from "./fact.ts";

/** Processors that are online. */
export const cpus: Fact<number> = {
  name: "cpus",
  cheap: true,
  script: "grep -c '^cpu[0-9]' /proc/stat",
  parse: ([line = ""]) => Number(line) || 0,
};
