import type { Fact } from "./fact.ts";

/** Another one after each boot (random(4)). */
export const bootId: Fact<string> = {
  name: "bootId",
  cheap: true,
  script: "cat /proc/sys/kernel/random/boot_id",
  parse: ([line = ""]) => line,
};
