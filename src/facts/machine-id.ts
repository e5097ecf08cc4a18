import type { Fact } from "./fact.ts";

/** machine-id(5): stays when disks and names change. Empty: the system has none. */
export const machineId: Fact<string> = {
  name: "machineId",
  cheap: false,
  script: "[ -s /etc/machine-id ] && cat /etc/machine-id || cat /var/lib/dbus/machine-id",
  parse: ([line = ""]) => line.trim(),
};
