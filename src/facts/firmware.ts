import type { Fact } from "./fact.ts";

export type Firmware = "bios" | "uefi";

/** How the running system was started: only then is there a way to the firmware's variables. */
export const firmware: Fact<Firmware> = {
  name: "firmware",
  cheap: false,
  script: "[ -d /sys/firmware/efi ] && echo uefi",
  parse: ([line = ""]) => (line === "uefi" ? "uefi" : "bios"),
};
