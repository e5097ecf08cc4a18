import type { Fact } from "./fact.ts";

/** The running kernel's release: `6.1.0-37-amd64`. */
export const kernel: Fact<string> = {
  name: "kernel",
  cheap: true,
  script: "cat /proc/sys/kernel/osrelease",
  parse: ([line = ""]) => line,
};
