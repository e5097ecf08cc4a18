import type { Fact } from "./fact.ts";

/** MemTotal of proc(5) in bytes: what the kernel can use, less than what is plugged in. */
export const memoryBytes: Fact<number> = {
  name: "memoryBytes",
  script: "grep MemTotal: /proc/meminfo",
  parse: ([line = ""]) => Number(/(\d+) kB/.exec(line)?.[1] ?? 0) * 1024,
};
