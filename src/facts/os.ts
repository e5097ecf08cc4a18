import { type Fact, parseAssignments } from "./fact.ts";

export interface OperatingSystem {
  /** os-release(5) ID: `debian`. */
  readonly id: string;
  readonly release: string;
  readonly codename: string;
}

export const os: Fact<OperatingSystem> = {
  name: "os",
  cheap: true,
  script: "cat /etc/os-release",
  parse: (lines) => {
    const fields = parseAssignments(lines);
    return {
      id: fields.get("ID") ?? "unknown",
      release: fields.get("VERSION_ID") ?? "",
      codename: fields.get("VERSION_CODENAME") ?? "",
    };
  },
};
