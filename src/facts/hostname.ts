import type { Fact } from "./fact.ts";

/** As the kernel has it: uname(2)'s node name. */
export const hostname: Fact<string> = {
  name: "hostname",
  cheap: false,
  script: "cat /proc/sys/kernel/hostname",
  parse: ([line = ""]) => line,
};
